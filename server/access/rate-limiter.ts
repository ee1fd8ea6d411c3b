import { tiers } from '@raffia/contract/tiers.ts';

export type Tier = keyof typeof tiers;

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const second = 1000;
const burstWindow = 60_000;
const largestRing = tiers.high.perSecond;
const numbersPerSlot = largestRing + 1;

/**
 * The limit of design.md §6, exact, for one process. Each key has a slot of one slab: a ring with the times of its sustained
 * admissions in the last second, and its burst window. Admitting allocates nothing.
 *
 * A key that is idle for 60 s is forgotten when room is needed: all its sustained admissions and its burst window have run out by
 * then, so that a new slot behaves the same. Where the number of keys is bounded, the one known the longest is forgotten next.
 */
export class RateLimiter {
  readonly #clock: () => number;
  readonly #kept: number;
  readonly #rate: (tier: Tier) => Rate;
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #capacity = 0;
  /** Per slot the ring of times, then the start of the burst window. */
  #times = new Float64Array(0);
  /** Per slot: index of the oldest time, number of times, burst used. */
  #counts = new Int32Array(0);
  #lastSweep = Number.NEGATIVE_INFINITY;

  /**
   * @param clock milliseconds that never go back, with fractions
   * @param kept the most keys that are remembered; for keys that anybody may make up
   * @param rate what a tier allows here, at most as much as the tier
   */
  constructor(
    clock: () => number,
    kept = Number.POSITIVE_INFINITY,
    rate: (tier: Tier) => Rate = (tier) => tiers[tier],
  ) {
    this.#clock = clock;
    this.#kept = kept;
    this.#rate = rate;
  }

  /**
   * Decides on one request.
   *
   * @returns what remains of the second's R after this request, 0 or more; or -1: refused, and nothing is remembered
   */
  admit(key: string, tier: Tier): number {
    const now = this.#clock();
    const { perSecond, burst } = this.#rate(tier);
    const slot = this.#slots.get(key) ?? this.#take(key, now);
    const remembered = this.#forget(slot, now);
    if (remembered < perSecond) {
      this.#remember(slot, now);
      return perSecond - remembered - 1;
    }
    const burstStart = slot * numbersPerSlot + largestRing;
    const burstUsed = slot * 3 + 2;
    if (now - (this.#times[burstStart] as number) >= burstWindow) this.#counts[burstUsed] = 0;
    const used = this.#counts[burstUsed] as number;
    if (used >= burst) return -1;
    if (used === 0) this.#times[burstStart] = now;
    this.#counts[burstUsed] = used + 1;
    return 0;
  }

  /** Whether {@link admit} would; decides nothing. */
  hasRoom(key: string, tier: Tier): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return true;
    const { perSecond, burst } = this.#rate(tier);
    return this.#forget(slot, this.#clock()) < perSecond || this.burstUsed(key) < burst;
  }

  /** Milliseconds until {@link admit} would admit one more, 0 where it would now; decides nothing. */
  roomInMs(key: string, tier: Tier): number {
    if (this.hasRoom(key, tier)) return 0;
    const slot = this.#slots.get(key) as number;
    const now = this.#clock();
    const counts = slot * 3;
    const ring = slot * numbersPerSlot;
    // Where a key came down from a higher tier, more than one has to be forgotten first.
    const tooMany = (this.#counts[counts + 1] as number) - this.#rate(tier).perSecond;
    const index = ((this.#counts[counts] as number) + tooMany) % largestRing;
    const sustained = (this.#times[ring + index] as number) + second;
    const burst = (this.#times[ring + largestRing] as number) + burstWindow;
    return Math.max(0, Math.min(sustained, burst) - now);
  }

  /** How much of the burst budget of this minute is used; decides nothing. */
  burstUsed(key: string): number {
    const slot = this.#slots.get(key);
    if (slot === undefined) return 0;
    const isOver = this.#clock() - (this.#times[slot * numbersPerSlot + largestRing] as number) >= burstWindow;
    return isOver ? 0 : (this.#counts[slot * 3 + 2] as number);
  }

  /** The keys that have a slot. */
  get size(): number {
    return this.#slots.size;
  }

  /** Takes out what it remembers, for whoever counts on: ages in milliseconds, the oldest first. */
  drain(): { key: string; ages: number[]; burstUsed: number; burstAge: number }[] {
    const now = this.#clock();
    const drained = [...this.#slots].map(([key, slot]) => {
      const length = this.#forget(slot, now);
      const head = this.#counts[slot * 3] as number;
      const ages = Array.from(
        { length },
        (_, index) => now - (this.#times[slot * numbersPerSlot + ((head + index) % largestRing)] as number),
      );
      const burstAge = now - (this.#times[slot * numbersPerSlot + largestRing] as number);
      return { key, ages, burstUsed: burstAge < burstWindow ? (this.#counts[slot * 3 + 2] as number) : 0, burstAge };
    });
    for (const slot of this.#slots.values()) this.#free.push(slot);
    this.#slots.clear();
    return drained.filter(({ ages, burstUsed }) => ages.length > 0 || burstUsed > 0);
  }

  /** Forgets sustained admissions a second old; the answer is how many are left. */
  #forget(slot: number, now: number): number {
    const ring = slot * numbersPerSlot;
    const counts = slot * 3;
    let head = this.#counts[counts] as number;
    let length = this.#counts[counts + 1] as number;
    while (length > 0 && (this.#times[ring + head] as number) <= now - second) {
      head = head + 1 === largestRing ? 0 : head + 1;
      length--;
    }
    this.#counts[counts] = head;
    this.#counts[counts + 1] = length;
    return length;
  }

  #remember(slot: number, now: number): void {
    const counts = slot * 3;
    const length = this.#counts[counts + 1] as number;
    const index = ((this.#counts[counts] as number) + length) % largestRing;
    this.#times[slot * numbersPerSlot + index] = now;
    this.#counts[counts + 1] = length + 1;
  }

  #take(key: string, now: number): number {
    if (this.#free.length === 0 || this.#slots.size >= this.#kept) this.#sweep(now);
    if (this.#slots.size >= this.#kept) this.#forgetLongestKnown();
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop() as number;
    this.#counts.fill(0, slot * 3, slot * 3 + 3);
    this.#times[slot * numbersPerSlot + largestRing] = Number.NEGATIVE_INFINITY;
    this.#slots.set(key, slot);
    return slot;
  }

  /** Frees the slots of idle keys; at most once a second, so that many new keys cannot make it the main work. */
  #sweep(now: number): void {
    if (now - this.#lastSweep < second) return;
    this.#lastSweep = now;
    for (const [key, slot] of this.#slots) {
      if (!this.#isIdle(slot, now)) continue;
      this.#slots.delete(key);
      this.#free.push(slot);
    }
  }

  #forgetLongestKnown(): void {
    for (const [key, slot] of this.#slots) {
      this.#slots.delete(key);
      this.#free.push(slot);
      return;
    }
  }

  #isIdle(slot: number, now: number): boolean {
    const length = this.#forget(slot, now);
    const used = this.#counts[slot * 3 + 2] as number;
    return (
      length === 0 && (used === 0 || now - (this.#times[slot * numbersPerSlot + largestRing] as number) >= burstWindow)
    );
  }

  #grow(): void {
    const capacity = Math.max(64, this.#capacity * 2);
    const times = new Float64Array(capacity * numbersPerSlot);
    const counts = new Int32Array(capacity * 3);
    times.set(this.#times);
    counts.set(this.#counts);
    this.#times = times;
    this.#counts = counts;
    for (let slot = capacity - 1; slot >= this.#capacity; slot--) this.#free.push(slot);
    this.#capacity = capacity;
  }
}

/** The constant policy of a tier, in the syntax of draft-ietf-httpapi-ratelimit-headers: quota `q` in a window of `w` seconds. */
export function rateLimitPolicy(tier: Tier): string {
  return policies[tier];
}

/** What is left of the sliding second, and the seconds after which there is room again for certain. */
export function rateLimitHeader(tier: Tier, remaining: number): string {
  return (headers[tier] as string[])[remaining] as string;
}

const policies = Object.fromEntries(
  Object.entries(tiers).map(([tier, { perSecond, burst }]) => [
    tier,
    `"second";q=${perSecond};w=1, "burst";q=${burst};w=60`,
  ]),
) as Record<Tier, string>;

const headers = Object.fromEntries(
  Object.entries(tiers).map(([tier, { perSecond }]) => [
    tier,
    Array.from({ length: perSecond + 1 }, (_, remaining) => `"second";r=${remaining};t=1`),
  ]),
) as Record<Tier, string[]>;
