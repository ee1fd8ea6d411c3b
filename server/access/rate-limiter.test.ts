import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../testing/random.ts';
import { RateLimiter, rateLimitHeader, type Tier } from './rate-limiter.ts';
import { RateLimiterOracle } from './rate-limiter-oracle.ts';

function limiterAt(start = 0) {
  const time = { now: start };
  return { time, limiter: new RateLimiter(() => time.now) };
}

function burst(limiter: RateLimiter, tier: Tier, requests: number): number {
  let admitted = 0;
  for (let i = 0; i < requests; i++) if (limiter.admit('key', tier) >= 0) admitted++;
  return admitted;
}

test('an idle standard key may fire exactly 90 requests at once, a high one 300', () => {
  assert.equal(burst(limiterAt().limiter, 'standard', 91), 90);
  assert.equal(burst(limiterAt().limiter, 'high', 301), 300);
});

for (const [tier, perSecond] of [
  ['standard', 30],
  ['high', 100],
] as const) {
  test(`${perSecond} requests in each second for 20 s are never refused (${tier})`, () => {
    const { time, limiter } = limiterAt();
    for (let i = 0; i < perSecond * 20; i++) {
      time.now = (i * 1000) / perSecond;
      assert.ok(limiter.admit('key', tier) >= 0, `refused at ${time.now} ms`);
    }
  });
}

test('one second after a refusal there is always room', () => {
  const { time, limiter } = limiterAt();
  for (let round = 0; round < 100; round++) {
    burst(limiter, 'standard', 200);
    assert.equal(limiter.admit('key', 'standard'), -1);
    time.now += 1000;
    assert.ok(limiter.admit('key', 'standard') >= 0);
  }
});

test('the burst budget is whole again 60 s after its first use, not before', () => {
  const { time, limiter } = limiterAt();
  assert.equal(burst(limiter, 'standard', 200), 90);
  time.now = 59_999;
  assert.equal(burst(limiter, 'standard', 200), 30);
  time.now = 61_000;
  assert.equal(burst(limiter, 'standard', 200), 90);
});

test('remaining counts down from R - 1 to 0 and stays there in the burst', () => {
  const { limiter } = limiterAt();
  const seen = Array.from({ length: 32 }, () => limiter.admit('key', 'standard'));
  assert.deepEqual(seen, [...Array.from({ length: 30 }, (_, i) => 29 - i), 0, 0]);
  assert.equal(rateLimitHeader('standard', 0), '"second";r=0;t=1');
});

test('a million random requests agree with the oracle', () => {
  const random = seededRandom();
  const { time, limiter } = limiterAt(1e6 * random());
  const oracles = new Map<string, RateLimiterOracle>();
  let requests = 0;
  let disagreements = 0;
  while (requests < 1_000_000) {
    const key = `key ${Math.floor(random() * (random() < 0.1 ? 2000 : 5))}`;
    const tier: Tier = random() < 0.5 ? 'standard' : 'high';
    const salvo = Math.floor(random() ** 3 * 250) + 1;
    const pace = [0, 0.5, 10, 1000 / 30, 1000, 20_000][Math.floor(random() * 6)] as number;
    for (let i = 0; i < salvo; i++, requests++) {
      let oracle = oracles.get(key);
      if (oracle === undefined) {
        oracle = new RateLimiterOracle();
        oracles.set(key, oracle);
      }
      if (limiter.admit(key, tier) !== oracle.admit(time.now, tier)) disagreements++;
      time.now += random() < 0.3 ? 0 : pace * (random() < 0.5 ? 1 : random());
    }
    if (random() < 0.02) time.now += [1000, 59_999, 60_000, 60_001, 600_000][Math.floor(random() * 5)] as number;
  }
  console.log(`${requests} requests of ${oracles.size} keys, ${disagreements} disagreements`);
  assert.equal(disagreements, 0);
});

test('idle keys give their room back', () => {
  const { time, limiter } = limiterAt();
  for (let minute = 0; minute < 50; minute++) {
    for (let i = 0; i < 64; i++) limiter.admit(`${minute}/${i}`, 'standard');
    time.now += 61_000;
  }
  assert.ok(limiter.size <= 128, `${limiter.size} keys are kept`);
});

test('of keys without end no more are kept than was said', () => {
  const limiter = new RateLimiter(() => 0, 100);
  for (let i = 0; i < 10_000; i++) limiter.admit(`${i}`, 'standard');
  assert.equal(limiter.size, 100);
});
