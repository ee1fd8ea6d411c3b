import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { HeldConnection } from '../database/held-connection.ts';
import { reachable } from '../database/reachable.ts';
import { soleOwnerLock } from '../database/sole-owner.ts';
import { Unavailable } from '../database/unavailable.ts';
import type { Company } from './company.ts';

const nameLock = 7_238_441;
const joinMs = 10_000;
const beatMs = 1000;
/** A node that was not heard of for so long, by the database's clock, is taken for dead. */
export const deadMs = 5000;
/** Sooner, by its own, it stops to trust what it knows of the others. */
const trustMs = 3000;
/** The longest that a write waits for the others to keep nothing, where Redis cannot tell them; more than it takes a node to be dead. */
const fenceMs = 8000;

export interface Node {
  readonly name: string;
  readonly version: string;
  readonly roles: readonly string[];
  /** Where it listens. */
  readonly address: string;
}

interface Beat {
  live: number;
  cut_off: number;
  silent: number;
  keeping: number;
  now_ms: number;
}

/**
 * This node among the others: a row that it renews each second over a connection of its own, which reads the others' at the same time.
 *
 * Nodes are together while all of them have Redis. One that has not says so in its row; the others then keep nothing in memory and say
 * that in theirs. So who writes without Redis can know when nobody answers from memory any more, and only then do its changes stand.
 * Whoever cannot renew its row keeps nothing either, and that sooner than the others take it for dead. A node answers from memory only
 * after a look at the others that began when its own row said so already: of one that begins to and one that is cut off at the same
 * moment, at least one sees the other.
 */
export class Nodes implements Company {
  readonly id = randomUUID();
  readonly #url: string;
  readonly #node: Node;
  readonly #log: Logger;
  readonly #changed: () => void;
  readonly #told: (offsetMs: number) => void;
  #connection: HeldConnection | undefined;
  #before: HeldConnection | undefined;
  #hasRedis = false;
  /** Since Redis is away, or since it is back: only what was written down since counts. */
  #since = 0;
  #beganAt = Number.NEGATIVE_INFINITY;
  #beat: Beat = { live: 1, cut_off: 0, silent: 0, keeping: 0, now_ms: 0 };
  /** That this node answers from memory was in its row when the last beat began. */
  #isAnnounced = false;
  #mayKeep = false;
  #wasTogether = false;
  #isFenced = false;
  #isLeaving = false;
  #beating: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  #hurry: () => void = () => {};

  /**
   * @param changed told when nodes come to be together, or no longer are
   * @param told how far the database's clock is before this host's
   */
  constructor(url: string, node: Node, log: Logger, changed: () => void, told: (offsetMs: number) => void) {
    this.#url = url;
    this.#node = node;
    this.#log = log;
    this.#changed = changed;
    this.#told = told;
  }

  get live(): number {
    return Math.max(1, this.#beat.live);
  }

  get cutOff(): number {
    return this.#beat.cut_off;
  }

  /** How many ended without a word within the last hour, and did not come back under their name. */
  get silent(): number {
    return this.#beat.silent;
  }

  get isTogether(): boolean {
    const isTogether = this.#hasRedis && this.#mayKeep && performance.now() - this.#beganAt < trustMs;
    if (isTogether !== this.#wasTogether) {
      this.#wasTogether = isTogether;
      this.#changed();
      this.#hurry();
    }
    return isTogether;
  }

  /**
   * Takes the place of its name, beside other nodes and no server that serves alone.
   *
   * @throws Error where another process has the name, or serves this database alone
   */
  async join(): Promise<void> {
    const deadline = Date.now() + joinMs;
    for (;;) {
      const refusal = await this.#connect().catch((error) => Promise.reject(reachable(this.#url, error)));
      if (refusal === undefined) return;
      if (Date.now() > deadline) throw new Error(refusal);
      await wait(250);
    }
  }

  /** Begins to renew its row; the schema is there by now. */
  async start(): Promise<void> {
    await this.#beatNow();
    this.#running = this.#goOn();
  }

  /** Redis is there, or is not: what was known by it is not known any more. */
  setRedis(isUp: boolean): void {
    this.#hasRedis = isUp;
    this.#since = performance.now();
    this.#isFenced = false;
    this.#isAnnounced = false;
    this.#mayKeep = false;
    void this.isTogether;
    this.#hurry();
  }

  /**
   * Waits until no other node answers from memory: for a change that Redis cannot tell them of.
   *
   * @throws Unavailable where they do not say so in time
   */
  async fence(): Promise<void> {
    const until = performance.now() + fenceMs;
    while (!(this.#isFenced && performance.now() - this.#beganAt < trustMs)) {
      if (this.#hasRedis) return;
      if (performance.now() > until) throw new Unavailable('busy');
      const since = this.#since;
      await this.#beatNow().catch(() => undefined);
      // The first beat says that this node is cut off; only what the others wrote after that counts.
      const told = this.#beganAt;
      await wait(100);
      await this.#beatNow().catch(() => undefined);
      this.#isFenced =
        since === this.#since && told >= since && this.#beganAt > told && this.#beat.keeping === 0 && !this.#hasRedis;
    }
  }

  /** Asks over the node's own connection: it serves no request, so nobody is before this. */
  async query<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<pg.QueryResult<R>> {
    if (this.#connection === undefined) throw new Error('The connection to the database is lost');
    return this.#connection.query<R>(text, values);
  }

  /** Its row goes, and the others no longer count it. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.#hurry();
    await this.#running;
    await this.#connection?.query('delete from nodes where id = $1', [this.id]).catch(() => undefined);
    await this.#connection?.close();
  }

  /** @returns why it cannot have the place now, in a sentence */
  async #connect(): Promise<string | undefined> {
    const connection = await HeldConnection.open(this.#url, `node ${this.#node.name}`, this.#before);
    const { rows } = await connection
      .query<{ beside: boolean; named: boolean }>(
        'select pg_try_advisory_lock_shared($1) as beside, pg_try_advisory_lock($2, hashtext($3)) as named',
        [soleOwnerLock, nameLock, this.#node.name],
      )
      .catch(async (error) => {
        await connection.close();
        throw error;
      });
    const { beside = false, named = false } = rows[0] ?? {};
    if (!beside || !named) {
      await connection.close();
      return beside
        ? `Another node that runs has the name ${this.#node.name}. Give each its own with RAFFIA_NODE.`
        : 'A Raffia server without REDIS_URL uses this database alone. Stop it first, and start it again with REDIS_URL to have several nodes.';
    }
    connection.onGone(() => this.#lost(connection));
    this.#connection = this.#before = connection;
    return undefined;
  }

  #lost(connection: HeldConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#beganAt = Number.NEGATIVE_INFINITY;
    this.#isFenced = false;
    this.#isAnnounced = false;
    this.#mayKeep = false;
    if (this.#isLeaving) return;
    this.#log.warn('the connection of this node to the database is lost');
    void this.isTogether;
  }

  async #goOn(): Promise<void> {
    while (!this.#isLeaving) {
      const pause = new AbortController();
      this.#hurry = () => pause.abort();
      await wait(beatMs, undefined, { signal: pause.signal }).catch(() => undefined);
      if (this.#isLeaving) return;
      try {
        if (this.#connection === undefined) {
          const refusal = await this.#connect();
          if (refusal !== undefined) this.#log.error(refusal);
        }
        if (this.#connection !== undefined) await this.#beatNow();
      } catch (error) {
        this.#log.warn({ err: error }, 'this node could not renew its place in the database');
        // Whatever hangs is not waited for again.
        const connection = this.#connection;
        if (connection !== undefined) {
          this.#lost(connection);
          void connection.close();
        }
      }
      void this.isTogether;
    }
  }

  /** One at a time: who comes while one is under way waits for the next. */
  async #beatNow(): Promise<void> {
    await this.#beating?.catch(() => undefined);
    this.#beating ??= this.#renew().finally(() => {
      this.#beating = undefined;
    });
    await this.#beating;
  }

  async #renew(): Promise<void> {
    const began = performance.now();
    const { name, version, roles, address } = this.#node;
    const since = this.#since;
    const isCutOff = !this.#hasRedis;
    const wantsToKeep = !isCutOff && this.#beat.cut_off === 0;
    const { rows } = await this.query<Beat>(beatQuery, [
      this.id,
      name,
      version,
      roles,
      address,
      isCutOff,
      !wantsToKeep,
      deadMs,
    ]);
    const took = performance.now() - began;
    this.#beat = rows[0] as Beat;
    this.#beganAt = began;
    if (took < 100) this.#told(this.#beat.now_ms + took / 2 - Date.now());
    // What it wrote about Redis may be out of date by now.
    const isWillingStill = wantsToKeep && since === this.#since && this.#beat.cut_off === 0;
    // Whoever is cut off writes that first and then looks who answers from memory; so this has to be the other way round.
    this.#mayKeep = isWillingStill && this.#isAnnounced;
    const isNews = isWillingStill !== this.#isAnnounced;
    this.#isAnnounced = isWillingStill;
    if (isNews) this.#hurry();
    void this.isTogether;
  }
}

/** Writes its row and reads the others': how many live, are without Redis, and answer from memory. */
const beatQuery = `
with dead as (delete from nodes where seen_at < clock_timestamp() - interval '1 hour'),
     mine as (insert into nodes (id, name, version, roles, address, is_cut_off, keeps_nothing)
              values ($1, $2, $3, $4, $5, $6, $7)
              on conflict (id) do update
                 set seen_at = clock_timestamp(), is_cut_off = excluded.is_cut_off, keeps_nothing = excluded.keeps_nothing)
select 1 + (count(*) filter (where is_live))::integer as live,
       (count(*) filter (where is_live and is_cut_off))::integer as cut_off,
       (count(*) filter (where is_live and not keeps_nothing))::integer as keeping,
       (count(distinct name) filter (where not is_known))::integer as silent,
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
  from (select n.*, name = $2 or bool_or(is_live) over (partition by name) as is_known
          from (select *, seen_at > clock_timestamp() - $8 * interval '1 ms' as is_live from nodes where id <> $1) n) others`;
