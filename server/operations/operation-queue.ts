import { type Kysely, type RawBuilder, sql, type UpdateObject } from 'kysely';
import { fromNow } from '../database/from-now.ts';
import type { Tables } from '../database/tables.ts';
import { inStepWithSchema } from '../database/transaction.ts';
import { type Candidate, fairTurns } from './fair-turns.ts';
import { cloudId } from './operation-kinds.ts';
import type { OperationRow } from './workflow.ts';

/** How long a claim holds without being renewed. */
export const leaseMs = 30_000;
/** The longest that an operation waits before somebody looks again: a host's answer is at most this late, a clock set back costs no more. */
export const longestWaitMs = 16_000;
const slackMs = 1000;
const claimLock = 7_238_434;

/** The lease was taken by somebody else: what was done under it is not written down. */
export class LeaseLost extends Error {
  constructor(operationId: string) {
    super(`the lease of operation ${operationId} is lost`);
    this.name = 'LeaseLost';
  }
}

/** What names a claim; every write of an operation's progress carries it. */
export interface Lease {
  readonly id: string;
  readonly lease_token: string | null;
}

/**
 * The `operations` table as queues. An operation is claimed when no older one of its queue is open, when it is due, and when one
 * of the places is free; it keeps its place until it ends or gives it up. Times are compared by the database's clock alone, and no
 * time further away than the longest that we write is believed: then the clock was set back.
 */
export class OperationQueue {
  readonly #db: Kysely<Tables>;
  readonly #owner: string;
  readonly #turns = new Map<string, number>();

  /** @param owner by which a worker knows its own leases again after it was cut off from the database, or was killed */
  constructor(db: Kysely<Tables>, owner: string) {
    this.#db = db;
    this.#owner = owner;
  }

  /**
   * Claims what can begin or go on.
   *
   * @param atOnce how many operations may have a place
   * @param inHand the operations that this worker is busy with at this moment
   */
  claim(atOnce: number, inHand: readonly string[]): Promise<OperationRow[]> {
    return inStepWithSchema(() =>
      this.#db.transaction().execute(async (db) => {
        // A claim that is lost with the database's host is made again: it needs no wait for its disk.
        await sql`select pg_advisory_xact_lock(${claimLock}), set_config('synchronous_commit', 'off', true)`.execute(
          db,
        );
        return this.#claimAlone(db, atOnce, inHand);
      }),
    );
  }

  /** Counting places and taking them is one act: of all workers one at a time does it. */
  async #claimAlone(db: Kysely<Tables>, atOnce: number, inHand: readonly string[]): Promise<OperationRow[]> {
    const { rows: held } = await sql<{ id: string; account_id: string; ready: boolean }>`
      select o.id, ${account} as account_id, ${isReady(this.#owner)} as ready from operations o
       where o.has_place and o.finished_at is null`.execute(db);
    const goOn = held.filter(({ id, ready }) => ready && !inHand.includes(id)).map(({ id }) => id);
    const places = Math.max(0, atOnce - held.length);
    const begin =
      places === 0
        ? []
        : fairTurns(
            await this.#candidates(db, places, inHand),
            held.map((row) => row.account_id),
            this.#turns,
            places,
          );
    return this.#take(db, [...goOn, ...begin]);
  }

  /** Of each account with open work, and of the cloud's own, the oldest operations that could begin: never more than there are places. */
  async #candidates(db: Kysely<Tables>, places: number, inHand: readonly string[]): Promise<Candidate[]> {
    const oldest = (ofWhom: RawBuilder<unknown>) => sql`
        select o.id, ${account} as account_id, o.sequence from operations o
         where ${ofWhom} and o.finished_at is null and not o.has_place
           and o.id <> all (${inHand}::uuid[]) and ${isReady(this.#owner)}
           and not exists (select 1 from operations older
                            where older.queue = o.queue and older.finished_at is null
                              and older.sequence < o.sequence)
         order by o.sequence limit ${places}`;
    const { rows } = await sql<Candidate>`
      with recursive accounts as (
        (select account_id from operations
          where finished_at is null and account_id is not null order by account_id limit 1)
        union all
        select (select o.account_id from operations o
                 where o.finished_at is null and o.account_id > a.account_id order by o.account_id limit 1)
          from accounts a where a.account_id is not null
      )
      select c.* from accounts a cross join lateral (
        ${oldest(sql`o.account_id = a.account_id`)}
      ) c
      union all (${oldest(sql`o.account_id is null`)})`.execute(db);
    return rows;
  }

  /** What somebody else has locked is left for the next time; only first ones come here, so that nothing is overtaken by that. */
  async #take(db: Kysely<Tables>, ids: readonly string[]): Promise<OperationRow[]> {
    if (ids.length === 0) return [];
    const { rows } = await sql<OperationRow>`
      update operations set status = 'running', has_place = true, not_before = null,
             lease_owner = ${this.#owner}, lease_token = gen_random_uuid(), lease_until = ${fromNow(leaseMs)}
       where id in (select o.id from operations o
                     where o.id = any (${ids}::uuid[]) and o.finished_at is null and ${isReady(this.#owner)}
                     for update skip locked)
      returning *`.execute(db);
    return rows.sort((a, b) => a.sequence - b.sequence);
  }

  /**
   * Puts off the end of leases that are still ours.
   *
   * @returns the others: their operations were taken up by somebody else, or have ended
   */
  async renew<L extends Lease>(leases: readonly L[]): Promise<L[]> {
    if (leases.length === 0) return [];
    const { rows } = await sql<{ id: string }>`
      update operations o set lease_until = ${fromNow(leaseMs)}
        from unnest(${leases.map((lease) => lease.id)}::uuid[], ${leases.map((lease) => lease.lease_token)}::uuid[]) l (id, token)
       where o.id = l.id and o.lease_token = l.token and o.finished_at is null
      returning o.id`.execute(this.#db);
    const ours = new Set(rows.map(({ id }) => id));
    return leases.filter(({ id }) => !ours.has(id));
  }

  /**
   * Gives the lease back and comes again after a while. A cancellation that came meanwhile does not wait.
   *
   * @param keepsPlace whether the host is busy with it meanwhile
   */
  async release(lease: Lease, waitMs: number, elapsedMs: number, keepsPlace: boolean): Promise<void> {
    await this.#db
      .updateTable('operations')
      .set({
        lease_owner: null,
        lease_token: null,
        lease_until: null,
        has_place: keepsPlace,
        elapsed_ms: elapsedMs,
        not_before: sql<Date>`case when cancelled then null else ${fromNow(Math.min(waitMs, longestWaitMs))} end`,
      })
      .where('id', '=', lease.id)
      .where('lease_token', '=', lease.lease_token)
      .execute();
  }

  /**
   * Writes down an operation's progress.
   *
   * @throws LeaseLost where somebody else has taken it up: the transaction must not stand
   */
  async write(db: Kysely<Tables>, lease: Lease, changes: UpdateObject<Tables, 'operations'>): Promise<OperationRow> {
    const row = await db
      .updateTable('operations')
      .set(changes)
      .where('id', '=', lease.id)
      .where('lease_token', '=', lease.lease_token)
      .where('finished_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new LeaseLost(lease.id);
    return row;
  }

  /** What waited for the host is due at once: it is back. */
  async hurry(): Promise<void> {
    await this.#db
      .updateTable('operations')
      .set({ not_before: null, attempts: 0 })
      .where('waiting_for', 'is not', null)
      .where('finished_at', 'is', null)
      .execute();
  }
}

/** In whose turn it is done: the cloud's own work has one as well. */
const account = sql<string>`coalesce(o.account_id, ${sql.lit(cloudId)})`;

function isReady(owner: string): RawBuilder<boolean> {
  return sql<boolean>`(o.not_before is null or o.not_before <= now() or o.not_before > ${fromNow(longestWaitMs + slackMs)})
    and (o.lease_until is null or o.lease_owner = ${owner} or o.lease_until <= now() or o.lease_until > ${fromNow(leaseMs + slackMs)})`;
}
