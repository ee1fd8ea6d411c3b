import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tiers } from '@raffia/contract/tiers.ts';
import { seededRandom } from '../testing/random.ts';
import { RateLimiter, type Tier } from './rate-limiter.ts';
import { RateLimiterOracle } from './rate-limiter-oracle.ts';
import { type Patient, WaitingLine } from './waiting-line.ts';

/** A clock in whole milliseconds, whose timers run when it is moved over them. */
class MovedClock {
  now = 0;
  readonly #timers = new Set<{ at: number; call: () => void }>();

  readonly monotonic = () => this.now;
  readonly after = (ms: number, call: () => void) => {
    const timer = { at: this.now + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get timers(): number {
    return this.#timers.size;
  }

  tick(): void {
    this.now++;
    for (let due = this.#due(); due !== undefined; due = this.#due()) {
      this.#timers.delete(due);
      due.call();
    }
  }

  #due() {
    return [...this.#timers].find(({ at }) => at <= this.now);
  }
}

function lineOf() {
  const clock = new MovedClock();
  const limiter = new RateLimiter(clock.monotonic);
  return { clock, limiter, line: new WaitingLine(limiter, clock) };
}

const patient = (changes: Partial<Patient> = {}): Patient => ({
  id: 'key',
  accountId: 'account',
  tier: 'standard',
  waitMs: 5000,
  ...changes,
});

interface Decision {
  readonly at: number;
  readonly remaining: number;
}

test('seventy requests on top of an empty budget are all admitted, in order, at the pace of the limit', () => {
  const { clock, limiter, line } = lineOf();
  for (let i = 0; i < 90; i++) limiter.admit('key', 'standard');
  const order: number[] = [];
  for (let i = 0; i < 70; i++) line.enter(patient(), (remaining) => remaining >= 0 && order.push(i));
  assert.equal(order.length, 0);
  const after: number[] = [];
  for (let second = 0; second < 3; second++) {
    for (let ms = 0; ms < 1000; ms++) clock.tick();
    after.push(order.length);
  }
  assert.deepEqual(after, [30, 60, 70]);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.deepEqual([line.length('key'), clock.timers], [0, 0]);
});

test('who has waited as long as the key allows is refused, and whoever could not be admitted in time at once', () => {
  const { clock, limiter, line } = lineOf();
  for (let i = 0; i < 90; i++) limiter.admit('key', 'standard');
  const decisions: Decision[] = [];
  const enter = (waitMs: number) =>
    line.enter(patient({ waitMs }), (remaining) => decisions.push({ at: clock.now, remaining }));
  for (let i = 0; i < 30; i++) enter(500);
  assert.equal(line.length('key'), 15, 'half a second’s worth');
  assert.equal(decisions.length, 15);
  for (let ms = 0; ms < 500; ms++) clock.tick();
  assert.equal(decisions.length, 30);
  assert.ok(decisions.slice(15).every(({ at, remaining }) => at === 500 && remaining === -1));
});

test('of one account a thousand wait at most, whatever its number of keys; another account waits beside', () => {
  const { limiter, line } = lineOf();
  let refused = 0;
  let waiting = 0;
  for (let key = 0; key < 12; key++) {
    const id = `key ${key}`;
    for (let i = 0; i < 90; i++) limiter.admit(id, 'standard');
    for (let i = 0; i < 100; i++) line.enter(patient({ id }), () => refused++);
    waiting += line.length(id);
  }
  assert.deepEqual([waiting, refused], [1000, 200]);
  for (let i = 0; i < 90; i++) limiter.admit('other', 'standard');
  line.enter(patient({ id: 'other', accountId: 'other' }), () => refused++);
  assert.deepEqual([line.length('other'), refused], [1, 200]);
});

test('nobody overtakes, also where a busy server looks late', () => {
  const { clock, limiter, line } = lineOf();
  for (let i = 0; i < 90; i++) limiter.admit('key', 'standard');
  const decided: string[] = [];
  const enter = (name: string) => line.enter(patient(), () => decided.push(name));
  enter('first');
  clock.now += 1500;
  enter('second');
  assert.deepEqual(decided, []);
  clock.tick();
  assert.deepEqual(decided, ['first', 'second']);
});

test('who has gone takes nothing of the limit, and leaves the place to the next', () => {
  const { clock, limiter, line } = lineOf();
  for (let i = 0; i < 89; i++) limiter.admit('key', 'standard');
  for (let ms = 0; ms < 10; ms++) clock.tick();
  limiter.admit('key', 'standard');
  const decided: string[] = [];
  const leaves = Array.from({ length: 31 }, (_, i) => line.enter(patient(), () => decided.push(`${i}`)));
  for (const leave of leaves.slice(0, 30)) leave();
  assert.equal(line.length('key'), 1);
  for (let ms = 0; ms < 1000; ms++) clock.tick();
  assert.deepEqual(decided, ['30']);
  leaves.at(-1)?.();
  assert.deepEqual([line.length('key'), clock.timers], [0, 0]);
});

/** The rule as plainly as it reads, millisecond by millisecond. */
class WaitingOracle {
  readonly #oracle = new RateLimiterOracle();
  #queue: { id: number; until: number }[] = [];
  readonly decided = new Map<number, Decision>();

  pass(t: number, tier: Tier): void {
    while (this.#queue[0] !== undefined) {
      const remaining = this.#oracle.admit(t, tier);
      if (remaining < 0) break;
      this.decided.set((this.#queue.shift() as { id: number }).id, { at: t, remaining });
    }
    for (const { id } of this.#queue.filter(({ until }) => until <= t)) this.decided.set(id, { at: t, remaining: -1 });
    this.#queue = this.#queue.filter(({ until }) => until > t);
  }

  enter(t: number, id: number, tier: Tier, waitMs: number): void {
    const remaining = this.#queue.length === 0 ? this.#oracle.admit(t, tier) : -1;
    const isRefused = this.#queue.length >= Math.ceil((tiers[tier].perSecond * waitMs) / 1000);
    if (remaining >= 0 || isRefused) this.decided.set(id, { at: t, remaining });
    else this.#queue.push({ id, until: t + waitMs });
  }

  leave(id: number): void {
    this.#queue = this.#queue.filter((one) => one.id !== id);
  }
}

test('random requests of patient keys agree with the oracle, to the millisecond and in order', () => {
  const random = seededRandom();
  const counts = { requests: 0, waited: 0, refused: 0, gone: 0 };
  for (let run = 0; run < 60; run++) {
    const { clock, line } = lineOf();
    const oracle = new WaitingOracle();
    const tier: Tier = random() < 0.5 ? 'standard' : 'high';
    const waitMs = Math.floor(random() * 5001);
    const pace = [0.01, 0.05, 0.2, 0.5][Math.floor(random() * 4)] as number;
    const decided = new Map<number, Decision>();
    const leaves = new Map<number, () => void>();
    let id = 0;
    for (let t = 1; t <= 12_000; t++) {
      clock.tick();
      oracle.pass(t, tier);
      const comes = random() < 0.002 ? Math.floor(random() * 150) : random() < pace && t < 9000 ? 1 : 0;
      for (let n = 0; n < comes && t < 9000; n++) {
        const one = id++;
        counts.requests++;
        oracle.enter(t, one, tier, waitMs);
        leaves.set(
          one,
          line.enter(patient({ tier, waitMs }), (remaining) => {
            if (t < clock.now) counts.waited++;
            if (remaining < 0) counts.refused++;
            decided.set(one, { at: clock.now, remaining });
          }),
        );
      }
      if (random() < 0.01 && id > 0) {
        const one = Math.floor(id - 1 - random() * Math.min(id, 40));
        if (!decided.has(one) && leaves.has(one)) counts.gone++;
        leaves.get(one)?.();
        oracle.leave(one);
      }
    }
    for (let t = 12_001; t < 20_000; t++) {
      clock.tick();
      oracle.pass(t, tier);
    }
    assert.deepEqual(
      [...decided].sort(([a], [b]) => a - b),
      [...oracle.decided].sort(([a], [b]) => a - b),
    );
    assert.equal(clock.timers, 0);
  }
  console.log(JSON.stringify(counts));
  assert.ok(counts.requests > 20_000 && counts.waited > 1000 && counts.refused > 1000 && counts.gone > 50);
});
