import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfiguration } from '../configuration/configuration.ts';
import { transact } from '../database/transaction.ts';
import { AtOnce } from '../operations/at-once.ts';
import type { Written } from '../operations/workflow.ts';
import { TestServer } from '../testing/test-server.ts';
import { type Engine, EngineError, PassingFault } from './engine.ts';
import { IncusEngine } from './incus/incus-engine.ts';
import { openEngine } from './open-engine.ts';
import { type GuardedEngine, outsideTransactions } from './outside-transactions.ts';

let server: TestServer;
let engine: GuardedEngine;

before(async () => {
  server = await TestServer.start();
  engine = await openEngine(server.server.services, async () => []);
});
after(() => server.stop());

/** The verbs of an object, and of the sections in it. */
type Verbs<T> = {
  readonly [K in keyof T as T[K] extends string | boolean ? never : K]-?: T[K] extends (...args: never[]) => unknown
    ? true
    : Verbs<T[K]>;
};

/** All of the interface: the compiler misses whichever is not here. */
const verbs: Verbs<Engine> = {
  machines: {
    apply: true,
    start: true,
    stop: true,
    setPassword: true,
    console: true,
    delete: true,
    inspect: true,
    list: true,
    usage: true,
  },
  snapshots: { take: true, restore: true, delete: true },
  backups: { export: true, restore: true },
  volumeSnapshots: { take: true, restore: true, delete: true },
  images: { save: true, delete: true, templatesWithoutImage: true },
  volumes: { apply: true, delete: true, inspect: true, list: true },
  networks: { apply: true },
  hosts: { list: true, evacuationOf: true, drain: true, takeBack: true },
  prepare: true,
  tidy: true,
  watch: true,
  check: true,
  capacity: true,
  close: true,
};

/** The verbs by their paths: `engine.machines.apply`. */
function pathsOf(section: object, path = 'engine'): string[] {
  return Object.entries(section).flatMap(([name, verb]) =>
    verb === true ? [`${path}.${name}`] : pathsOf(verb, `${path}.${name}`),
  );
}

/** What can be called on an engine and its sections, in whatever classes they are written. */
function callableOn(section: object, path = 'engine'): string[] {
  const sections = Object.entries(section).filter(([, value]) => typeof value === 'object' && value !== null);
  const found = sections.flatMap(([name, value]) => callableOn(value, `${path}.${name}`));
  for (let at = Object.getPrototypeOf(section); at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) if (name !== 'constructor') found.push(`${path}.${name}`);
  return found;
}

/** Calls a verb as its caller does: as a method of its section. */
function call(engine: GuardedEngine, path: string): unknown {
  const names = path.split('.').slice(1);
  const verb = names.pop() as string;
  type Section = Record<string, (...args: unknown[]) => unknown>;
  const section = names.reduce<Section>((at, name) => at[name] as unknown as Section, engine as unknown as Section);
  return section[verb]?.({ id: 'x' }, 'x');
}

const never = () => assert.fail('the host was asked');

test('no verb of any engine can be called inside a transaction', async () => {
  const { db, clock, log } = server.server.services;
  const { incus } = loadConfiguration({ RAFFIA_INCUS_URL: 'unix:///no/such/unix.socket' });
  const other = new IncusEngine({
    settings: incus,
    cloudId: 'x',
    imageOf: never,
    onRecord: async () => [],
    clock,
    log,
  });
  let refused = 0;
  for (const guarded of [engine, outsideTransactions(other)]) {
    const paths = pathsOf(verbs);
    assert.deepEqual(callableOn(guarded).sort(), [...paths].sort());
    for (const path of paths) {
      await transact(db, async () => {
        assert.throws(() => call(guarded, path), { message: `${path} was called inside a transaction` });
        refused++;
      });
    }
  }
  assert.equal(refused, 2 * 35);
  assert.deepEqual((await engine.machines.list()).told, [], 'outside, it can');
});

test('what an engine groups its verbs by makes no way into a transaction', async () => {
  const sections = { name: 'toy', deep: { deeper: { ask: never, is: 7 } } };
  const guarded = outsideTransactions(sections as unknown as Engine) as unknown as typeof sections;
  await transact(server.server.services.db, async () => {
    assert.throws(() => guarded.deep.deeper.ask(), {
      message: 'engine.deep.deeper.ask was called inside a transaction',
    });
  });
  assert.throws(() => guarded.deep.deeper.ask(), { message: 'the host was asked' });
  assert.deepEqual([guarded.name, guarded.deep.deeper.is], ['toy', 7]);
});

test('each call is told once it has come out, by how it did; one that answers at once is no call of a host', async () => {
  const told: string[] = [];
  const meters = { called: (path: string, outcome: string) => void told.push(`${path} ${outcome}`) };
  const failing = (error: Error) => async () => {
    throw error;
  };
  const toy = {
    deep: { answer: async () => 7 },
    refuse: failing(new EngineError('it cannot be done')),
    tire: failing(new PassingFault('not now')),
    break: failing(new Error('nobody expected it')),
    atOnce: () => 7,
  };
  const guarded = outsideTransactions(toy, { meters }, 'toy');
  assert.equal(await guarded.deep.answer(), 7);
  assert.equal(guarded.atOnce(), 7);
  await assert.rejects(guarded.refuse(), { message: 'it cannot be done' });
  await assert.rejects(guarded.tire(), { message: 'not now' });
  await assert.rejects(guarded.break(), { message: 'nobody expected it' });
  assert.deepEqual(told, ['toy.deep.answer answered', 'toy.refuse refused', 'toy.tire fault', 'toy.break error']);
});

test('where a step is written down no engine is within reach', () => {
  // @ts-expect-error it has none
  const reach = (work: Written) => work.engine;
  assert.equal(reach({} as Written), undefined);
});

test('a slow host is asked about a few machines at once, and about each of them once', async () => {
  let busy = 0;
  let most = 0;
  const asked: string[] = [];
  const atOnce = new AtOnce(4, async (id) => {
    busy++;
    most = Math.max(most, busy);
    assert.ok(!open.has(id), 'one at a time for each');
    open.add(id);
    asked.push(id);
    await new Promise((host) => setTimeout(host, 5));
    open.delete(id);
    busy--;
    if (id === '7') throw new Error('no answer');
  });
  const open = new Set<string>();
  const ids = Array.from({ length: 40 }, (_, i) => String(i));
  const ended = await Promise.allSettled([...ids, ...ids, ...ids].map((id) => atOnce.run(id)));
  assert.equal(most, 4);
  assert.equal(asked.length, 80, 'once, and once more for all who asked meanwhile');
  assert.equal(ended.filter(({ status }) => status === 'rejected').length, 3);
});
