import type { Socket } from 'node:net';
import type { Entered, Limits } from '../access/limits.ts';
import type { OwnLimits } from '../access/own-limits.ts';
import type { Principal } from '../access/principal.ts';
import type { Principals } from '../access/principals.ts';
import type { RateLimiter } from '../access/rate-limiter.ts';
import { ApiError } from '../foundation/api-error.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Company } from './company.ts';
import type { InStep } from './in-step.ts';
import { accountKey, epochKey, knownKey, limiterKeys } from './keys.ts';
import { type Redis, RedisAway, unlessAway } from './redis.ts';
import { absorbScript, enterScript, leaveScript, marksScript, usedScript } from './scripts.ts';
import { restOfTier } from './shares.ts';

type EnterAnswer = [
  isJudged: number,
  authority: string,
  pages: string,
  remaining: number,
  waitUs: string,
  at: string,
  isBurst: number,
];

/** A place that begins later. */
interface Place {
  readonly remaining: number;
  readonly ms: number;
  readonly at: string;
  readonly isBurst: number;
}

/** Requests that wait at once on this node, of all keys of an account: each holds a connection. */
const mostWaiting = 1000;
const knownSeconds = '3600';

/**
 * The limits of all nodes together, in one question to Redis, which also says whether what this node has in memory of the caller's account
 * still stands. Without Redis, each node admits its share by itself.
 */
export class SharedLimits implements Limits {
  readonly isShared = true;
  readonly #redis: Redis;
  readonly #node: string;
  readonly #company: Company;
  readonly #inStep: InStep;
  readonly #own: OwnLimits;
  readonly #principals: Pick<Principals, 'load'>;
  readonly #clock: Pick<Clock, 'after'>;
  /** Of each key the last one that waits: none goes on before those that came before it. */
  readonly #tails = new Map<string, Promise<unknown>>();
  /** By key, and by account. */
  readonly #waiting = new Map<string, number>();

  constructor(needs: {
    readonly redis: Redis;
    readonly node: string;
    readonly company: Company;
    readonly inStep: InStep;
    readonly own: OwnLimits;
    readonly principals: Pick<Principals, 'load'>;
    readonly clock: Pick<Clock, 'after'>;
  }) {
    this.#redis = needs.redis;
    this.#node = needs.node;
    this.#company = needs.company;
    this.#inStep = needs.inStep;
    this.#own = needs.own;
    this.#principals = needs.principals;
    this.#clock = needs.clock;
  }

  get size(): number {
    return this.#own.size;
  }

  found(credential: string): void {
    this.#redis.command('SET', knownKey(credential), '1', 'EX', knownSeconds).catch(() => undefined);
  }

  async isKnown(credential: string): Promise<boolean> {
    return (await this.#redis.command<number>('EXISTS', knownKey(credential)).catch(() => 0)) === 1;
  }

  waiting(id: string): number {
    return this.#waiting.get(id) ?? 0;
  }

  async enter(caller: Principal, socket: Socket): Promise<Entered> {
    if (!this.#redis.isUp) return this.#own.enter(caller, socket);
    let principal = caller;
    // A person was read anew for this request, and so is everybody where nothing is kept.
    let known = caller.kind === 'key' && this.#company.isTogether ? this.#inStep.authority(caller.accountId) : '';
    for (;;) {
      let answer: EnterAnswer;
      try {
        answer = await this.#ask(principal, known);
      } catch (error) {
        if (!(error instanceof RedisAway)) throw error;
        return this.#own.enter(known === '' ? principal : await this.#reload(principal), socket);
      }
      const [isJudged, authority, pages, remaining, waitUs, at, isBurst] = answer;
      this.#inStep.compare(caller.accountId, authority, pages);
      if (isJudged === 1) {
        if (remaining < 0 || waitUs === '0') return { principal, remaining };
        return this.#wait(principal, { remaining, ms: Number(waitUs) / 1000, at, isBurst }, socket);
      }
      principal = await this.#reload(principal);
      known = '';
    }
  }

  async burstUsed(ids: readonly string[]): Promise<number[]> {
    return unlessAway(
      () => Promise.all(ids.map((id) => this.#redis.run<number>(usedScript, limiterKeys(id)[1]))),
      () => this.#own.burstUsed(ids),
    );
  }

  /** Counts with the others what this node admitted by itself; to be called before anything else is asked of a Redis that is back. */
  async absorb(): Promise<void> {
    await Promise.all(absorbed(this.#redis, this.#own.drain()));
  }

  #ask({ id, accountId, tier, waitMs }: Principal, known: string): Promise<EnterAnswer> {
    const [perSecond, burst] = restOfTier(tier, this.#company);
    const isFull = waitMs > 0 && this.waiting(accountId) >= mostWaiting;
    return this.#redis.run(
      enterScript,
      ...limiterKeys(id),
      accountKey(accountId),
      epochKey,
      this.#node,
      known,
      perSecond,
      burst,
      isFull ? '0' : String(waitMs * 1000),
    );
  }

  /** Its place is counted already; who leaves gives it up. */
  async #wait(caller: Principal, { remaining, ms, at, isBurst }: Place, socket: Socket): Promise<Entered> {
    this.#count(caller, 1);
    const before = this.#tails.get(caller.id);
    const own = new Promise<boolean>((decide) => {
      const leave = () => {
        cancel();
        decide(true);
      };
      const cancel = this.#clock.after(Math.ceil(ms), () => {
        socket.off('close', leave);
        decide(false);
      });
      if (socket.destroyed) leave();
      else socket.once('close', leave);
    });
    const turn = Promise.withResolvers<unknown>();
    this.#tails.set(caller.id, turn.promise);
    const isGone = await own;
    if (!isGone) await before;
    turn.resolve(before);
    if (this.#tails.get(caller.id) === turn.promise) this.#tails.delete(caller.id);
    this.#count(caller, -1);
    if (isGone) {
      this.#redis.run(leaveScript, ...limiterKeys(caller.id), at, String(isBurst)).catch(() => undefined);
      return { principal: caller, remaining: -1 };
    }
    await this.#look(caller.accountId);
    return { principal: await this.#reload(caller), remaining };
  }

  /** Drops what has become out of date while somebody waited. */
  async #look(accountId: string): Promise<void> {
    const marks = await unlessAway<[string, string] | undefined>(
      () => this.#redis.run(marksScript, accountKey(accountId), epochKey, this.#node),
      () => undefined,
    );
    if (marks !== undefined) this.#inStep.compare(accountId, ...marks);
  }

  async #reload(caller: Principal): Promise<Principal> {
    if (caller.kind !== 'key') return caller;
    const found = await this.#principals.load(caller.credential);
    if (found === undefined) throw new ApiError('invalidKey');
    return found;
  }

  #count({ id, accountId }: Principal, change: 1 | -1): void {
    for (const name of [id, accountId]) {
      const count = this.waiting(name) + change;
      if (count === 0) this.#waiting.delete(name);
      else this.#waiting.set(name, count);
    }
  }
}

function absorbed(redis: Redis, drained: ReturnType<RateLimiter['drain']>): Promise<unknown>[] {
  return drained.map(({ key, ages, burstUsed, burstAge }) =>
    redis
      .run(absorbScript, ...limiterKeys(key), String(burstUsed), String(Math.round(burstAge)), ...ages.map(String))
      .catch(() => undefined),
  );
}
