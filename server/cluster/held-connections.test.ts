import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import pg from 'pg';
import { pino } from 'pino';
import { HeldConnection } from '../database/held-connection.ts';
import { SoleOwner } from '../database/sole-owner.ts';
import { systemClock } from '../foundation/clock.ts';
import { WorkListener } from '../operations/work-listener.ts';
import { Relay } from '../testing/relay.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { until } from '../testing/until.ts';
import { Leader } from './leader.ts';
import { locksAcross } from './locks-across.ts';
import { Nodes } from './nodes.ts';

const log = pino({ level: 'silent' });

/** On a database of its own, with a way to it that can be cut. */
interface Place {
  readonly relay: Relay;
  /** Through the relay. */
  readonly url: string;
  /** Past it. */
  readonly direct: string;
  /** The connections of that purpose. */
  readonly pids: (purpose: string) => Promise<number[]>;
}

describe('a connection that is held, on which nothing comes any more', { concurrency: true }, () => {
  const opened: (() => Promise<unknown>)[] = [];

  async function place(): Promise<Place> {
    const database = await createTestDatabase();
    const url = new URL(database.url);
    const relay = await Relay.open({ host: url.hostname, port: Number(url.port) });
    const beside = new pg.Client({ connectionString: database.url });
    await beside.connect();
    opened.push(async () => {
      await relay.close();
      await beside.end();
      await database.drop();
    });
    url.port = String(relay.port);
    const pids = async (purpose: string) => {
      const { rows } = await beside.query<{ pid: number }>(
        'select pid from pg_stat_activity where application_name = $1 and datname = current_database()',
        [`raffia ${purpose}`],
      );
      return rows.map(({ pid }) => pid);
    };
    return { relay, url: url.href, direct: database.url, pids };
  }

  after(async () => {
    for (const close of opened) await close();
  });

  /** The one that was held is gone, and one more is there: what hung is not left behind. */
  async function isReplaced({ pids }: Place, purpose: string, before: readonly number[]): Promise<void> {
    assert.equal(before.length, 1);
    await until(`another connection of ${purpose} is there`, async () => {
      const now = await pids(purpose);
      return now.length === 1 && now[0] !== before[0];
    });
  }

  test('the one process that owns a database keeps nothing in memory, and owns it again once it is reached', async () => {
    const at = await place();
    const changes: boolean[] = [];
    const lost: string[] = [];
    const owner = new SoleOwner(
      at.url,
      (reason) => lost.push(reason),
      (isSole) => changes.push(isSole),
    );
    await owner.acquire();
    const held = await at.pids('owner');
    at.relay.cut();
    await until('it knows', () => changes.length > 0);
    assert.deepEqual(changes, [false]);
    await assert.rejects(owner.query('select 1'));
    at.relay.mend();
    await until('it owns it again', () => changes.length > 1);
    assert.deepEqual(changes, [false, true]);
    await isReplaced(at, 'owner', held);
    assert.deepEqual(lost, []);
    await owner.release();
  });

  test('who listens for work says that it does not, and does again once the database is reached', async () => {
    const at = await place();
    const listener = new WorkListener(at.url, systemClock, log);
    let told = 0;
    listener.start(() => told++);
    await until('it listens', () => listener.isListening);
    const held = await at.pids('work');
    at.relay.cut();
    await until('it knows', () => !listener.isListening);
    at.relay.mend();
    await until('it listens again', () => listener.isListening);
    await isReplaced(at, 'work', held);
    const before = told;
    const beside = await HeldConnection.open(at.direct, 'test');
    await beside.query('notify raffia_work');
    await until('it hears', () => told > before);
    await beside.close();
    await listener.stop();
  });

  test('a node trusts nothing that it knew of the others, and has its place again once the database is reached', async () => {
    const at = await place();
    const node = { name: 'one', version: '1', roles: ['api'], address: 'here' };
    const nodes = new Nodes(
      at.url,
      node,
      log,
      () => {},
      () => {},
    );
    await nodes.join();
    await nodes.start();
    nodes.setRedis(true);
    await until('it is among the others', () => nodes.isTogether);
    const held = await at.pids('node one');
    at.relay.cut();
    await until('it is not any more', () => !nodes.isTogether);
    await until(
      'it knows why',
      async () =>
        (await nodes.query('select').catch((error) => error.message)) === 'The connection to the database is lost',
    );
    at.relay.mend();
    await until('it is again', () => nodes.isTogether);
    await isReplaced(at, 'node one', held);
    await nodes.leave();
  });

  test('who leads does not lead any more; another does, though the first is never reached again', async () => {
    const at = await place();
    const led: string[] = [];
    const leader = (url: string, name: string) =>
      new Leader(url, crypto.randomUUID(), log, () => {
        led.push(`${name} begins`);
        return async () => {
          led.push(`${name} ends`);
        };
      });
    const first = leader(at.url, 'first');
    const second = leader(at.direct, 'second');
    first.start();
    await until('the first leads', () => first.isLeading);
    second.start();
    at.relay.cut();
    const began = performance.now();
    await until('the second leads', () => second.isLeading);
    console.log(`another led ${Math.round(performance.now() - began)} ms after the first could not be reached`);
    assert.deepEqual(led, ['first begins', 'first ends', 'second begins']);
    await second.stop();
    at.relay.mend();
    await until('the first leads again', () => first.isLeading);
    assert.deepEqual(led.slice(3), ['second ends', 'first begins']);
    await first.stop();
  });

  test('the lock of a repository is taken again for as long as it is held; who waits for one goes on to wait', async () => {
    const at = await place();
    const warned: string[] = [];
    const heard = pino({ level: 'warn' }, { write: (line: string) => warned.push(JSON.parse(line).msg) });
    const give = await locksAcross(at.url, heard)('account', false);
    const held = await at.pids('backups');
    at.relay.cut();
    await until('it is told', () => warned.length > 0);
    assert.match(warned[0] as string, /lost, and taken again/);
    at.relay.mend();
    await isReplaced(at, 'backups', held);
    let isThrough = false;
    const other = locksAcross(at.direct, heard)('account', true).then((back) => {
      isThrough = true;
      return back;
    });
    await until('another waits', async () => (await at.pids('backups')).length === 2);
    // Longer than the database keeps one question.
    await new Promise((later) => setTimeout(later, 5000));
    assert.equal(isThrough, false);
    // Who waits on a way that is cut is told so.
    const cut = locksAcross(at.url, heard)('account', true);
    await until('a third waits', async () => (await at.pids('backups')).length === 3);
    at.relay.cut();
    await assert.rejects(cut);
    assert.equal(isThrough, false);
    at.relay.mend();
    await until('it is held again', () => warned.length > 1);
    await give();
    await (await other)();
    await until('nothing is left', async () => (await at.pids('backups')).length === 0);
    assert.equal(warned.length, 2);
  });
});
