import { perPage, RaffApiError, type VM } from '@raffia/client/client.ts';
import { type Resource, resources } from '@raffia/contract/resources.ts';
import type { Query, QueryClient } from '@tanstack/react-query';
import { ChangedRows } from './changed-rows.ts';

/** That something changed, as the server tells it. */
export interface Change {
  /** The noun of its kind. */
  readonly resource: string;
  readonly id?: string;
}

/** What changes within this time is read anew together. */
const gatherMs = 500;
/** Reads that follow changes, of one tab: so many at once, and one more each second. However much changes, no more are made. */
const readsAtOnce = 6;
const refillMs = 1000;
/** After what was refused for the moment, without a word when to come back. */
const againMs = 10_000;

/** Which queries show a kind, by its noun. */
const shownIn = new Map<string, readonly string[]>(
  Object.values<Resource>(resources).map((kind) => [kind.noun, kind.shownIn]),
);
const shownAnywhere = new Set([...shownIn.values()].flat());

/** The queries that are about one thing, which follows in their key, by the noun of its kind. */
const aboutOne: Readonly<Record<string, string>> = {
  vm: 'vm',
  interfaces: 'vm',
  vpcs: 'vpc',
  'security-groups': 'securitygroup',
  notes: 'vm',
  'api-keys': 'apikey',
  'key-usage': 'apikey',
  'tier-requests': 'apikey',
  'project-members': 'project',
};

/**
 * Whether what a query has read may be another after a change.
 *
 * @param key `[account, name, what it is about]`, or `['session']`
 */
export function concerns(key: readonly unknown[], accountId: string, { resource, id }: Change): boolean {
  const shows = (name: unknown) => (shownIn.get(resource) ?? [...shownAnywhere]).includes(name as string);
  const [first, name, about] = key;
  if (first === 'session') return shows('session');
  if (first !== accountId) return false;
  if (name === 'audit') return true;
  if (!shows(name)) return false;
  if (id === undefined || about === undefined) return true;
  if (name === 'operations') {
    const { resource_id } = about as { readonly resource_id?: string };
    return resource_id === undefined || resource_id === id;
  }
  const one = typeof about === 'string' ? about : (about as { readonly id?: string }).id;
  return aboutOne[name as string] !== resource || one === undefined || one === id;
}

/** What timers and clocks there are. */
export interface Surroundings {
  /** Milliseconds, by a clock that only goes on. */
  readonly now: () => number;
  /** Calls back later; the answer ends that. */
  readonly later: (call: () => void, ms: number) => () => void;
}

const realSurroundings: Surroundings = {
  now: () => performance.now(),
  later: (call, ms) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Reads anew what changed, as far as it is on the screen; the rest is read when it is looked at. Reads are gathered and paced, and one
 * that is under way is never broken off: it is followed by another. What could not be read stays as it was, and is tried again.
 */
export class Freshness {
  readonly #client: QueryClient;
  readonly #surroundings: Surroundings;
  readonly #stale = new Set<Query>();
  readonly #unsubscribe: () => void;
  readonly #vms = new Map<string, ChangedRows<VM>>();
  /** What is waited for, by what it is about. */
  readonly #waits = new Map<Query | 'round', () => void>();
  #reads = readsAtOnce;
  #filledAt: number;

  constructor(client: QueryClient, surroundings: Surroundings = realSurroundings) {
    this.#client = client;
    this.#surroundings = surroundings;
    this.#filledAt = surroundings.now();
    this.#unsubscribe = client.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated' || event.action.type !== 'error' || !event.query.isActive()) return;
      const ms = waitAfter(event.action.error);
      if (ms !== undefined) this.#wait(event.query, ms, () => this.#mark(event.query));
    });
  }

  /** Tells that something in an account changed. */
  changed(accountId: string, change: Change): void {
    if (concerns([accountId, 'vms'], accountId, change)) {
      this.vmsOf(accountId).add(change.resource === 'vm' ? change.id : undefined);
    }
    this.#markWhere(({ queryKey }) => concerns(queryKey, accountId, change));
  }

  /** Tells that nobody knows what changed, or who may see what: all that an account shows is read anew, and who is asking. */
  changedAltogether(accountId: string): void {
    this.vmsOf(accountId).add();
    this.#markWhere(({ queryKey: [first] }) => first === accountId || first === 'session');
  }

  /** What changed of an account's list of machines: the one list that is read row by row. */
  vmsOf(accountId: string): ChangedRows<VM> {
    let rows = this.#vms.get(accountId);
    if (rows === undefined) {
      rows = new ChangedRows();
      this.#vms.set(accountId, rows);
    }
    return rows;
  }

  /** Ends: nothing more is read. */
  stop(): void {
    this.#unsubscribe();
    for (const end of this.#waits.values()) end();
    this.#waits.clear();
    this.#stale.clear();
  }

  #markWhere(isConcerned: (query: Query) => boolean): void {
    for (const query of this.#client.getQueryCache().getAll()) if (isConcerned(query)) this.#mark(query);
  }

  #mark(query: Query): void {
    query.invalidate();
    this.#stale.add(query);
    if (!this.#waits.has('round')) this.#wait('round', gatherMs, () => this.#round());
  }

  #round(): void {
    this.#refill();
    for (const query of this.#stale) {
      // What is being read may have been read before the change.
      if (query.state.fetchStatus !== 'idle') continue;
      if (!query.isActive()) query.invalidate();
      // It has a time of its own, which the server said.
      else if (this.#waits.has(query)) query.invalidate();
      else if (this.#reads < 1) continue;
      else {
        this.#reads -= this.#costOf(query);
        void query.fetch().catch(() => {});
      }
      this.#stale.delete(query);
    }
    if (this.#stale.size === 0) return;
    const untilNext = this.#reads < 1 ? (1 - this.#reads) * refillMs : gatherMs;
    this.#wait('round', Math.max(gatherMs, untilNext), () => this.#round());
  }

  /** How many requests it takes: a list has one for each page, whatever else as many as its `meta.requests` says. */
  #costOf({ queryKey: [accountId, name], meta, state: { data } }: Query): number {
    if (!Array.isArray(data)) return Number(meta?.requests ?? 1);
    const rows = name === 'vms' ? this.vmsOf(String(accountId)).sizeOf(data.length) : data.length;
    return Math.max(1, Math.ceil(rows / perPage));
  }

  #refill(): void {
    const now = this.#surroundings.now();
    this.#reads = Math.min(readsAtOnce, this.#reads + (now - this.#filledAt) / refillMs);
    this.#filledAt = now;
  }

  #wait(what: Query | 'round', ms: number, call: () => void): void {
    this.#waits.get(what)?.();
    const end = this.#surroundings.later(() => {
      this.#waits.delete(what);
      call();
    }, ms);
    this.#waits.set(what, end);
  }
}

/** Milliseconds until what was refused is tried again; undefined where the refusal says more than that, or the query tries again itself. */
function waitAfter(error: unknown): number | undefined {
  if (!(error instanceof RaffApiError) || (error.status !== 429 && error.status < 500)) return undefined;
  return (error.retryAfter ?? againMs / 1000) * 1000;
}
