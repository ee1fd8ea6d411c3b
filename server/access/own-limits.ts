import type { Socket } from 'node:net';
import { ApiError } from '../foundation/api-error.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Entered, Limits } from './limits.ts';
import type { Principal } from './principal.ts';
import type { Principals } from './principals.ts';
import { type Rate, RateLimiter, type Tier } from './rate-limiter.ts';
import { WaitingLine } from './waiting-line.ts';

/** The limits of this process: in its memory, and exact where it serves alone. */
export class OwnLimits implements Limits {
  readonly isShared = false;
  readonly #limiter: RateLimiter;
  readonly #line: WaitingLine;
  readonly #principals: Pick<Principals, 'load'>;

  /** @param rate what a tier allows here; the whole tier where it is left out */
  constructor(
    clock: Pick<Clock, 'monotonic' | 'after'>,
    principals: Pick<Principals, 'load'>,
    rate?: (tier: Tier) => Rate,
  ) {
    this.#limiter = new RateLimiter(clock.monotonic, undefined, rate);
    this.#line = new WaitingLine(this.#limiter, clock);
    this.#principals = principals;
  }

  get size(): number {
    return this.#limiter.size;
  }

  enter(caller: Principal, socket: Socket): Entered | Promise<Entered> {
    if (caller.waitMs > 0) return this.#wait(caller, socket);
    return { principal: caller, remaining: this.#limiter.admit(caller.id, caller.tier) };
  }

  /** What was found is in memory. */
  found(): void {}

  async isKnown(): Promise<boolean> {
    return false;
  }

  waiting(id: string): number {
    return this.#line.length(id);
  }

  /** Takes out what it remembers, for whoever counts on. */
  drain(): ReturnType<RateLimiter['drain']> {
    return this.#limiter.drain();
  }

  async burstUsed(ids: readonly string[]): Promise<number[]> {
    return ids.map((id) => this.#limiter.burstUsed(id));
  }

  async #wait(caller: Principal, socket: Socket): Promise<Entered> {
    let hasWaited = false;
    const remaining = await new Promise<number>((decide) => {
      let isDecided = false;
      const giveUp = () => {
        leave();
        decide(-1);
      };
      const leave = this.#line.enter(caller, (found) => {
        isDecided = true;
        socket.off('close', giveUp);
        decide(found);
      });
      if (isDecided) return;
      hasWaited = true;
      if (socket.destroyed) giveUp();
      else socket.once('close', giveUp);
    });
    if (!hasWaited || remaining < 0) return { principal: caller, remaining };
    const principal = await this.#principals.load(caller.credential);
    if (principal === undefined) throw new ApiError('invalidKey');
    return { principal, remaining };
  }
}
