import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { tiers } from '@raffia/contract/tiers.ts';
import { pino } from 'pino';
import type { Limits } from '../access/limits.ts';
import { OwnLimits } from '../access/own-limits.ts';
import type { Principal } from '../access/principal.ts';
import type { Tier } from '../access/rate-limiter.ts';
import { RateLimiterOracle } from '../access/rate-limiter-oracle.ts';
import { systemClock } from '../foundation/clock.ts';
import { seededRandom } from '../testing/random.ts';
import { redisKinds, TestRedis, whyNoRedis } from '../testing/test-redis.ts';
import { until } from '../testing/until.ts';
import type { Company } from './company.ts';
import { InStep } from './in-step.ts';
import { accountKey, epochKey, limiterKeys } from './keys.ts';
import { Redis } from './redis.ts';
import { enterScript } from './scripts.ts';
import { SharedLimits } from './shared-limits.ts';
import { shareOfTier } from './shares.ts';

const log = pino({ level: 'silent' });
const inCi = process.env.CI === 'true';

const caller = (id: string, changes: Partial<Principal> = {}) =>
  ({
    kind: 'key',
    id,
    credential: id,
    accountId: `account of ${id}`,
    tier: 'standard',
    waitMs: 0,
    ...changes,
  }) as Principal;
const socket = () => Object.assign(new EventEmitter(), { destroyed: false }) as unknown as Socket;

/** Limits of one node, with all that is around them. */
class TestNode {
  readonly company = { isTogether: true, live: 1, cutOff: 0 };
  readonly dropped: string[] = [];
  readonly loaded: string[] = [];
  readonly own: OwnLimits;
  readonly redis: Redis;
  readonly limits: SharedLimits;

  constructor(url: string, node: string) {
    const principals = {
      load: async (id: string) => {
        this.loaded.push(id);
        return caller(id, { tier: id.startsWith('high') ? 'high' : 'standard' });
      },
    };
    const drop = (accountId: string) => this.dropped.push(accountId);
    const inStep = new InStep({ authority: drop, pages: drop }, systemClock.monotonic);
    this.own = new OwnLimits(systemClock, principals, (tier) => shareOfTier(tier, this.company.live));
    this.redis = new Redis(url, log, (isUp) => {
      if (isUp) void this.limits.absorb();
    });
    this.limits = new SharedLimits({
      redis: this.redis,
      node,
      company: this.company as Company,
      inStep,
      own: this.own,
      principals,
      clock: systemClock,
    });
    this.redis.start();
  }

  async isUp(): Promise<void> {
    await until('the node has Redis', () => this.redis.isUp, { everyMs: 5 });
  }
}

async function admitted(limits: Limits, who: Principal, count: number): Promise<number> {
  const found = await Promise.all(Array.from({ length: count }, () => limits.enter(who, socket())));
  return found.filter(({ remaining }) => remaining >= 0).length;
}

/** By the clock that counts, which has parts of milliseconds: a timer has none. */
async function secondPasses(): Promise<void> {
  const end = systemClock.monotonic() + 1000;
  for (let left = 1000; left > 0; left = end - systemClock.monotonic()) await wait(Math.ceil(left));
}

for (const kind of redisKinds) {
  const requests = inCi && kind === 'redis' ? 1_000_000 : 100_000;

  describe(`limits, with ${kind}`, { skip: whyNoRedis(kind) ?? false }, () => {
    let redis: TestRedis;
    let nodes: TestNode[] = [];
    let number = 0;

    before(async () => {
      redis = await TestRedis.start(kind);
      nodes = ['a', 'b', 'c'].map((name) => new TestNode(redis.url, name));
      await Promise.all(nodes.map((node) => node.isUp()));
    });
    after(async () => {
      await Promise.all(nodes.map((node) => node.redis.close()));
      await redis?.stop();
    });
    beforeEach(() => {
      for (const { company } of nodes) Object.assign(company, { isTogether: true, live: 1, cutOff: 0 });
    });

    const kinds: Record<string, () => { limits: Limits; also: Limits }> = {
      'of one process': () => {
        const own = new OwnLimits(systemClock, { load: async (id) => caller(id) });
        return { limits: own, also: own };
      },
      'of all nodes': () => ({ limits: (nodes[0] as TestNode).limits, also: (nodes[1] as TestNode).limits }),
    };
    for (const [name, make] of Object.entries(kinds)) {
      describe(name, () => {
        test('an idle standard key may fire exactly 90 requests at once, a high one 300', async () => {
          const { limits } = make();
          assert.equal(await admitted(limits, caller(`key ${++number}`), 91), 90);
          assert.equal(await admitted(limits, caller(`high ${++number}`, { tier: 'high' }), 301), 300);
        });

        test('remaining counts down from R - 1 to 0 and stays there in the burst', async () => {
          const { limits } = make();
          const who = caller(`key ${++number}`);
          const found: number[] = [];
          for (let i = 0; i < 32; i++) found.push((await limits.enter(who, socket())).remaining);
          assert.deepEqual(found, [...Array.from({ length: 30 }, (_, i) => 29 - i), 0, 0]);
        });

        test('one second after a refusal there is room, whoever is asked', async () => {
          const { limits, also } = make();
          const who = caller(`key ${++number}`);
          assert.equal(await admitted(limits, who, 95), 90);
          assert.equal(await admitted(also, who, 1), 0);
          assert.deepEqual(await limits.burstUsed([who.id]), [60]);
          await secondPasses();
          assert.equal(await admitted(also, who, 40), 30);
        });

        test('patient requests are admitted in their order, and nobody past his patience', async () => {
          const { limits } = make();
          const who = caller(`key ${++number}`, { waitMs: 1500 });
          await admitted(limits, { ...who, waitMs: 0 }, 90);
          const began = performance.now();
          const order: number[] = [];
          const found = await Promise.all(
            Array.from({ length: 70 }, async (_, index) => {
              const { remaining } = await limits.enter(who, socket());
              if (remaining >= 0) order.push(index);
              return { remaining, ms: performance.now() - began };
            }),
          );
          assert.deepEqual(
            order,
            Array.from({ length: 30 }, (_, index) => index),
          );
          for (const { remaining, ms } of found.slice(0, 30))
            assert.ok(remaining >= 0 && ms > 700 && ms < 1500, `${ms} ms`);
          assert.ok(found.slice(45).every(({ remaining }) => remaining === -1));
          assert.equal(limits.waiting(who.id), 0);
        });
      });
    }

    test('91 at once over three nodes are 90 and one', async () => {
      const who = caller(`key ${++number}`);
      const found = await Promise.all(
        Array.from({ length: 91 }, (_, i) => (nodes[i % 3] as TestNode).limits.enter(who, socket())),
      );
      assert.equal(found.filter(({ remaining }) => remaining >= 0).length, 90);
    });

    test(`${requests} random requests of 1,000 keys over three nodes agree with the oracle, in the order in which Redis had them`, async () => {
      const random = seededRandom();
      type Asked = { key: string; tier: Tier; at: number; remaining: number; sequence: number };
      const asked: Asked[] = [];
      let sequence = 0;
      while (sequence < requests) {
        const salvo: Promise<unknown>[] = [];
        for (let i = 0; i < 500; i++) {
          const index = Math.floor(random() ** 3 * 1000);
          const key = `oracle ${index}`;
          const tier: Tier = index % 3 === 0 ? 'high' : 'standard';
          const { perSecond, burst } = tiers[tier];
          const node = nodes[Math.floor(random() * 3)] as TestNode;
          const own = sequence++;
          salvo.push(
            node.redis
              .run<[number, string, string, number, string, string]>(
                enterScript,
                ...limiterKeys(key),
                accountKey(key),
                epochKey,
                'test',
                '',
                String(perSecond),
                String(burst),
                '0',
              )
              .then(([, , , remaining, , at]) => asked.push({ key, tier, at: Number(at), remaining, sequence: own })),
          );
        }
        await Promise.all(salvo);
        if (random() < 0.01) await wait(random() * 300);
      }
      let disagreements = 0;
      let refused = 0;
      for (const ofKey of Map.groupBy(asked, ({ key }) => key).values()) {
        // Of what Redis had in the same microsecond, what was admitted came first: an admission never makes room.
        ofKey.sort((a, b) => a.at - b.at || b.remaining - a.remaining);
        const oracle = new RateLimiterOracle(1000);
        for (const { tier, at, remaining } of ofKey) {
          if (remaining < 0) refused++;
          if (oracle.admit(at, tier) !== remaining) disagreements++;
        }
      }
      assert.equal(asked.length, requests);
      assert.ok(refused > requests / 100, `${refused} refused`);
      assert.equal(disagreements, 0);
    });

    test('a client that goes away gives its place up', async () => {
      const who = caller(`key ${++number}`, { waitMs: 5000 });
      const { limits } = nodes[0] as TestNode;
      await admitted(limits, { ...who, waitMs: 0 }, 90);
      const leaving = Array.from({ length: 30 }, socket);
      const left = leaving.map((one) => limits.enter(who, one));
      await until('they wait', () => limits.waiting(who.id) === 30, { everyMs: 5 });
      for (const one of leaving) one.emit('close');
      assert.ok((await Promise.all(left)).every(({ remaining }) => remaining === -1));
      const began = performance.now();
      assert.ok((await limits.enter(who, socket())).remaining >= 0);
      const ms = performance.now() - began;
      assert.ok(ms < 1900, `${ms} ms: it has one of their places, not the one after`);
    });

    test('what was admitted without Redis is counted when it is back', async () => {
      const node = new TestNode(redis.url, 'd');
      try {
        await node.isUp();
        Object.assign(node.company, { live: 3 });
        const who = caller(`key ${++number}`);
        for (const { remaining } of await Promise.all(
          Array.from({ length: 40 }, () => node.own.enter(who, socket())),
        )) {
          if (remaining < 0) break;
        }
        assert.deepEqual(await node.own.burstUsed([who.id]), [20]);
        await node.limits.absorb();
        assert.deepEqual(await node.limits.burstUsed([who.id]), [20]);
        assert.equal(await admitted((nodes[0] as TestNode).limits, who, 91), 60);
      } finally {
        await node.redis.close();
      }
    });

    test('without Redis each node admits its share, and with others without it the rest', async () => {
      const who = caller(`key ${++number}`);
      const node = nodes[0] as TestNode;
      Object.assign(node.company, { live: 3, cutOff: 1 });
      assert.equal(await admitted(node.limits, who, 91), 20 + 40);
      const alone = new TestNode('redis://127.0.0.1:1', 'e');
      Object.assign(alone.company, { live: 3 });
      assert.equal(await admitted(alone.limits, who, 91), 10 + 20);
      await alone.redis.close();
    });

    test('what is kept of an account is read anew once it changed, and each time while it is changing', async () => {
      const node = nodes[0] as TestNode;
      const who = caller(`key ${++number}`);
      const enter = async () => {
        node.loaded.length = 0;
        node.dropped.length = 0;
        await node.limits.enter(who, socket());
        return node.loaded.length;
      };
      const mark = (field: string, value: string) => redis.command('HSET', accountKey(who.accountId), field, value);
      assert.equal(await enter(), 1);
      assert.equal(await enter(), 0);
      mark('authority', '1');
      assert.equal(await enter(), 1);
      assert.deepEqual(node.dropped, [who.accountId], 'nobody after this one gets what is out of date');
      assert.equal(await enter(), 0);
      mark('pages', '1');
      assert.equal(await enter(), 0);
      assert.deepEqual(node.dropped, [who.accountId]);
      mark('a-transaction', String((Date.now() + 60_000) * 1000));
      assert.equal(await enter(), 1);
      assert.equal(await enter(), 1);
      redis.command('HDEL', accountKey(who.accountId), 'a-transaction');
      assert.equal(await enter(), 1);
      assert.equal(await enter(), 0);
      // One whose end nobody told ends with its time.
      mark('a-transaction', '1');
      assert.equal(await enter(), 0);
      redis.command('FLUSHALL');
      assert.equal(await enter(), 1);
      assert.equal(await enter(), 0);
    });
  });
}
