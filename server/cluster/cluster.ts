import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { AddressLimiter } from '../access/address-limiter.ts';
import { GuessLimiter } from '../access/guess-limiter.ts';
import type { Limits } from '../access/limits.ts';
import { OwnLimits } from '../access/own-limits.ts';
import type { People } from '../access/people.ts';
import type { Principals } from '../access/principals.ts';
import type { ProjectAccounts } from '../access/projects.ts';
import { RateLimiter } from '../access/rate-limiter.ts';
import { type Attempts, SignInLimiter } from '../access/sign-in-limiter.ts';
import type { Across } from '../backups/account-locks.ts';
import type { Relay } from '../changes/changes.ts';
import type { Events } from '../changes/events.ts';
import type { StreamPlaces } from '../changes/stream-places.ts';
import { type Clock, systemClock } from '../foundation/clock.ts';
import type { ExactCache } from '../foundation/exact-cache.ts';
import type { Meters } from '../metrics/meters.ts';
import type { NodeStanding } from '../metrics/readings.ts';
import { Announcer } from './announcer.ts';
import { type Droppers, InStep } from './in-step.ts';
import { sessionsChannel } from './keys.ts';
import { Leader } from './leader.ts';
import { locksAcross } from './locks-across.ts';
import { type Node, Nodes } from './nodes.ts';
import { Redis } from './redis.ts';
import { SharedAttempts } from './shared-attempts.ts';
import { SharedLimits } from './shared-limits.ts';
import { SharedRule } from './shared-rule.ts';
import { SharedStreamPlaces } from './shared-stream-places.ts';
import { shareOfTier } from './shares.ts';

const keptAddresses = 10_000;
/** So long a start waits for the others and for Redis; then it serves as far as it can. */
const firstMs = 5000;

interface Kept {
  readonly principals: Principals;
  readonly projectAccounts: ProjectAccounts;
  readonly vmPages: ExactCache<Buffer>;
}

/** What a server gets in place of what it has where it serves alone. */
export interface Shared {
  readonly limits: Limits;
  readonly guessLimiter: GuessLimiter;
  readonly visitLimiter: AddressLimiter;
  readonly signInLimiter: Attempts;
  readonly streamPlaces: StreamPlaces;
  readonly consolePlaces: StreamPlaces;
  readonly relay: Relay;
}

/**
 * This process as one of several that serve a database. PostgreSQL is truth and queue; Redis holds the limits, and the marks by which each
 * node knows whether what it has in memory still stands.
 */
export class Cluster {
  readonly nodes: Nodes;
  /** The database's time, which all nodes have. */
  readonly clock: Clock;
  readonly #redis: Redis;
  readonly #url: string;
  readonly #node: Node;
  readonly #log: Logger;
  #offsetMs = 0;
  #kept: Kept | undefined;
  #limits: SharedLimits | undefined;
  /** Of streams, and of consoles. */
  #places: readonly SharedStreamPlaces[] = [];
  #inStep: InStep | undefined;
  #leader: Leader | undefined;

  constructor(urls: { database: string; redis: string }, node: Node, clock: Clock, log: Logger) {
    this.#url = urls.database;
    this.#node = node;
    this.#log = log;
    this.clock = { ...clock, now: () => Math.round(clock.now() + this.#offsetMs) };
    this.nodes = new Nodes(
      urls.database,
      node,
      log,
      () => this.#changed(),
      (offsetMs) => {
        this.#offsetMs = offsetMs;
      },
    );
    this.#redis = new Redis(
      urls.redis,
      log,
      (isUp) => this.#redisChanged(isUp),
      () => clock.monotonic() - systemClock.monotonic(),
    );
  }

  /** The name by which its work is known as its own. */
  get name(): string {
    return this.#node.name;
  }

  /** What stands on which nodes, in a sentence for whoever asks; `isWhole` where nothing is missing. */
  get state(): { readonly isWhole: boolean; readonly message: string } {
    const { live, cutOff, isTogether } = this.nodes;
    const count = live === 1 ? '1 node' : `${live} nodes`;
    if (!this.#redis.isUp)
      return {
        isWhole: false,
        message: `Redis does not answer: each of ${count} asks the database for every key and admits its share of the limits`,
      };
    if (cutOff > 0)
      return {
        isWhole: false,
        message: `${cutOff} of ${count} cannot reach Redis: all ask the database for every key`,
      };
    if (!isTogether) return { isWhole: false, message: 'this node is finding its place among the others' };
    return { isWhole: true, message: `shared by ${count}` };
  }

  /** For whoever counts. */
  get standing(): NodeStanding {
    const { live, cutOff, silent, isTogether } = this.nodes;
    const isRedisUp = this.#redis.isUp;
    const alone = cutOff + Number(!isRedisUp);
    return {
      nodes: { live: live - alone, alone, silent },
      term: this.#leader?.term,
      isRedisUp,
      isTogether,
      localShare: isRedisUp ? 0 : 1 / live,
      clockOffsetMs: this.#offsetMs,
    };
  }

  /** Locks of accounts' backups over all nodes. */
  get locksAcross(): Across {
    return locksAcross(this.#url, this.#log);
  }

  /** @throws Error where another secret is in use: what one node sealed, this one could not open */
  async checkSecret(digest: string): Promise<void> {
    const { rows } = await this.nodes.query<{ secret_digest: string }>(
      'update leadership set secret_digest = coalesce(secret_digest, $1) returning secret_digest',
      [digest],
    );
    if (rows[0]?.secret_digest === digest) return;
    throw new Error(
      'The nodes on this database have another RAFFIA_SECRET. Give this one the same: what they sealed, it could not open.',
    );
  }

  /** What the services have in common with those of the other nodes. */
  share(kept: Kept, events: Events, clock: Clock, meters: Meters | undefined): Shared {
    if (meters !== undefined) this.#redis.onAnswer = (seconds) => meters.redisAnswered(seconds);
    this.#kept = kept;
    const droppers: Droppers = {
      authority: (accountId) => {
        kept.principals.dropAccount(accountId);
        kept.projectAccounts.dropAccount(accountId);
      },
      pages: (accountId) => kept.vmPages.dropGroup(accountId),
    };
    const rate = (tier: Parameters<typeof shareOfTier>[0]) => shareOfTier(tier, this.nodes.live);
    const own = new OwnLimits(clock, kept.principals, rate);
    this.#inStep = new InStep(droppers, clock.monotonic);
    const redis = this.#redis;
    const company = this.nodes;
    this.#limits = new SharedLimits({
      redis,
      node: this.nodes.id,
      company,
      inStep: this.#inStep,
      own,
      principals: kept.principals,
      clock,
    });
    const streamPlaces = new SharedStreamPlaces(redis, this.nodes.id, company, 'streams');
    const consolePlaces = new SharedStreamPlaces(redis, this.nodes.id, company, 'consoles');
    this.#places = [streamPlaces, consolePlaces];
    const rule = (prefix: string) =>
      new SharedRule(redis, company, prefix, new RateLimiter(clock.monotonic, keptAddresses, rate));
    this.#changed();
    return {
      limits: this.#limits,
      guessLimiter: new GuessLimiter(rule('guess')),
      visitLimiter: new AddressLimiter(rule('visit'), 'high'),
      signInLimiter: new SharedAttempts(redis, new SignInLimiter(clock.monotonic), this.nodes.id),
      streamPlaces,
      consolePlaces,
      relay: new Announcer(redis, this.nodes, events, droppers),
    };
  }

  /** Whose sessions end on one node hears of it on all. */
  followSessions(people: People): void {
    this.#redis.listen(sessionsChannel, (message) => {
      const [node, personId = ''] = message.split(' ');
      if (node !== this.nodes.id) people.sessionsEnded(personId, true);
    });
    people.onSessionsEnded((personId, isElsewhere) => {
      if (isElsewhere) return;
      this.#redis.command('PUBLISH', sessionsChannel, `${this.nodes.id} ${personId}`).catch(() => undefined);
    });
  }

  /** Begins to serve with the others. The schema is there, and {@link share} came before. */
  async start(): Promise<void> {
    this.#redis.start();
    await this.nodes.start();
    const until = performance.now() + firstMs;
    while (!this.nodes.isTogether && performance.now() < until) await wait(20);
  }

  /** Begins to lead whenever no other node does. */
  leadInTurn(lead: () => () => Promise<void>): void {
    this.#leader = new Leader(this.#url, this.nodes.id, this.#log, lead);
    this.#leader.start();
  }

  async stopLeading(): Promise<void> {
    await this.#leader?.stop();
  }

  /** Ends the rest: the last thing before the database's connections go. */
  async leave(): Promise<void> {
    for (const places of this.#places) places.close();
    await this.nodes.leave();
    await this.#redis.close();
  }

  #redisChanged(isUp: boolean): void {
    // In this order on one connection: nothing is asked before what was admitted without it is counted.
    if (isUp) {
      void this.#limits?.absorb();
      for (const places of this.#places) void places.renew();
    }
    this.#inStep?.forget();
    this.nodes.setRedis(isUp);
    this.#changed();
  }

  /** Nothing of before is kept, whichever way it changed. */
  #changed(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    const { isTogether } = this.nodes;
    this.#inStep?.forget();
    for (const cache of [kept.principals, kept.projectAccounts, kept.vmPages]) cache.setSole(isTogether);
    this.#log.info({ isTogether, nodes: this.nodes.live }, this.state.message);
  }
}
