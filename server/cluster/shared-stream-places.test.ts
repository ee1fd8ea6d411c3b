import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { OwnStreamPlaces } from '../changes/own-stream-places.ts';
import type { MostStreams, StreamPlace, StreamPlaces } from '../changes/stream-places.ts';
import { type RedisKind, TestRedis, whyNoRedis } from '../testing/test-redis.ts';
import { until } from '../testing/until.ts';
import { Redis } from './redis.ts';
import { SharedStreamPlaces } from './shared-stream-places.ts';

const log = pino({ level: 'silent' });
const leaseMs = 1500;

/** The places of one node, with all that is around them. */
class TestNode {
  readonly company = { live: 1, cutOff: 0 };
  readonly redis: Redis;
  readonly places: SharedStreamPlaces;

  constructor(url: string, node: string) {
    this.redis = new Redis(url, log, (isUp) => {
      if (isUp) void this.places.renew();
    });
    this.places = new SharedStreamPlaces(this.redis, node, this.company, 'streams', leaseMs);
    this.redis.start();
  }

  async isUp(): Promise<void> {
    await until('the node has Redis', () => this.redis.isUp, { everyMs: 5 });
  }

  /** Ends it as a kill does: nobody is told. */
  async kill(): Promise<void> {
    this.places.close();
    await this.redis.close();
  }
}

const taken = (found: (StreamPlace | string)[]) => found.filter((one): one is StreamPlace => typeof one !== 'string');

for (const kind of ['redis', 'valkey'] as RedisKind[]) {
  describe(`places of streams, with ${kind}`, { skip: whyNoRedis(kind) ?? false }, () => {
    let redis: TestRedis;
    let nodes: TestNode[] = [];
    let number = 0;

    before(async () => {
      redis = await TestRedis.start(kind);
      nodes = ['a', 'b', 'c'].map((name) => new TestNode(redis.url, name));
      await Promise.all(nodes.map((node) => node.isUp()));
    });
    after(async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      await redis?.stop();
    });
    beforeEach(() => {
      for (const { company } of nodes) Object.assign(company, { live: 3, cutOff: 0 });
    });

    const caller = () => ({ credential: `credential ${++number}`, accountId: `account ${number}` });
    const most: MostStreams = { credential: 20, account: 200 };
    const left = () => redis.command('KEYS', 'raffia:streams:*');
    const take = (count: number, who = caller(), of = nodes) =>
      Promise.all(Array.from({ length: count }, (_, i) => (of[i % of.length] as TestNode).places.take(who, most)));

    const kinds: Record<string, () => readonly [StreamPlaces, StreamPlaces]> = {
      'of one process': () => {
        const own = new OwnStreamPlaces();
        return [own, own];
      },
      'of all nodes': () => [(nodes[0] as TestNode).places, (nodes[1] as TestNode).places],
    };
    for (const [name, make] of Object.entries(kinds)) {
      describe(name, () => {
        test('of 21 at once exactly 20 are let in, and one that is closed makes room for one, wherever that is asked for', async () => {
          const both = make();
          const who = caller();
          const found = await Promise.all(
            Array.from({ length: 21 }, (_, i) => (both[i % 2] as StreamPlaces).take(who, most)),
          );
          assert.equal(taken(found).length, 20);
          assert.deepEqual(
            found.filter((one) => typeof one === 'string'),
            ['credential'],
          );
          assert.equal(await both[0].ofAccount(who.accountId), 20);
          // Twice by mistake is once.
          taken(found)[0]?.leave();
          taken(found)[0]?.leave();
          const again = [await both[1].take(who, most), await both[0].take(who, most)];
          assert.equal(taken(again).length, 1);
          assert.equal(again[1], 'credential');
          for (const place of taken([...found, ...again])) place.leave();
          await until('none is taken', async () => (await both[1].ofAccount(who.accountId)) === 0);
        });

        test('an account has its own count over all its credentials, and none where it may have any number', async () => {
          const both = make();
          const { accountId } = caller();
          const found: (StreamPlace | string)[] = [];
          for (let i = 0; i < 8; i++) {
            const place = both[i % 2] as StreamPlaces;
            found.push(
              await place.take({ credential: `one ${number} ${i}`, accountId }, { credential: 20, account: 6 }),
            );
          }
          assert.deepEqual(found.slice(6), ['account', 'account']);
          assert.equal(taken(found).length, 6);
          const who = { credential: `one ${number}`, accountId };
          found.push(await both[0].take(who, { credential: null, account: null }));
          assert.equal(taken(found).length, 7);
          assert.equal(await both[1].take({ ...caller(), accountId }, { credential: 20, account: 0 }), 'account');
          for (const place of taken(found)) place.leave();
        });
      });
    }

    test('of 21 at once over three nodes exactly 20 are let in, ten times', async () => {
      for (let round = 0; round < 10; round++) {
        const found = await take(21);
        assert.equal(taken(found).length, 20);
        for (const place of taken(found)) place.leave();
      }
      await until('nothing is left in Redis', () => left() === '');
    });

    test('a stream that stays open keeps its place for longer than a lease', async () => {
      const who = caller();
      const found = taken(await take(20, who));
      assert.equal(found.length, 20);
      await wait(2 * leaseMs);
      assert.deepEqual(await Promise.all(nodes.map(({ places }) => places.take(who, most))), [
        'credential',
        'credential',
        'credential',
      ]);
      for (const place of found) place.leave();
      await until('nothing is left in Redis', () => left() === '');
    });

    test('the places of a node that was killed are free after its lease, and what it left in Redis goes by itself', async () => {
      const killed = new TestNode(redis.url, 'killed');
      await killed.isUp();
      const [who, alone] = [caller(), caller()];
      assert.equal(taken(await take(12, who, [killed])).length, 12);
      assert.equal(taken(await take(1, alone, [killed])).length, 1);
      const ended = killed.kill();
      const kept = taken(await take(20, who));
      assert.equal(kept.length, 8, 'until then they are taken');
      const [node] = nodes as [TestNode];
      await until('they are free', async () => (await node.places.ofAccount(who.accountId)) === 8, { everyMs: 20 });
      await ended;
      const more = taken(await take(20, who));
      assert.equal(more.length, 12);
      await until('of whom nobody asks, nothing is left', () => !left().includes(alone.accountId), { everyMs: 20 });
      for (const place of [...kept, ...more]) place.leave();
      await until('nothing is left in Redis', () => left() === '');
    });

    test('a Redis that was emptied knows again what is open within a lease', async () => {
      const who = caller();
      const found = taken(await take(20, who));
      redis.command('FLUSHALL');
      const [node] = nodes as [TestNode];
      await until('all are counted', async () => (await node.places.ofAccount(who.accountId)) === 20, { everyMs: 20 });
      assert.equal(taken(await take(3, who)).length, 0);
      for (const place of found) place.leave();
      await until('nothing is left in Redis', () => left() === '');
    });

    test('without Redis a node has its share, with what it had open; the others have the rest; once it is back all are counted', async () => {
      const who = caller();
      const [a, b] = nodes as [TestNode, TestNode];
      const before = taken(await take(4, who, [a]));
      await redis.kill();
      await until('both know', () => !a.redis.isUp && !b.redis.isUp, { everyMs: 5 });
      const alone = [...taken(await take(9, who, [a])), ...taken(await take(9, who, [b]))];
      assert.equal(alone.length, 2 + 6, 'six each');
      assert.equal(await a.places.ofAccount(who.accountId), 6);
      before.pop()?.leave();
      const others = taken(await take(2, caller(), [b]));
      assert.equal(others.length, 2, 'another has its own');
      await redis.open();
      await Promise.all(nodes.map((node) => node.isUp()));
      // Each node writes what it has as soon as Redis is there, and they don't wait for each other.
      for (const { places } of [a, b])
        await until('all are counted', async () => (await places.ofAccount(who.accountId)) === 11, { everyMs: 5 });
      const rest = taken(await take(20, who));
      assert.equal(rest.length, 9);
      Object.assign(b.company, { cutOff: 1 });
      for (const place of [...rest, ...others, ...alone, ...before]) place.leave();
      await until('nothing is left in Redis', () => left() === '');
      const few = taken(await take(20, who, [b]));
      assert.equal(few.length, 14, 'six are for the one that is cut off');
      for (const place of few) place.leave();
    });
  });
}
