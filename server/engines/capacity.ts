import { type Kysely, type Transaction as KyselyTransaction, sql } from 'kysely';
import type { Asked } from '../database/asked.ts';
import type { Tables } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { ApiError } from '../foundation/api-error.ts';
import type { Engine, Size } from './engine.ts';

/** What `pg_advisory_xact_lock` takes: one claim at a time. */
const lockNumber = 7_236_143;

const parts = ['cpu', 'ram', 'disk'] as const;
const sums = parts.map((part) => `coalesce(sum(${part}), 0)::float8 as ${part}`).join(', ');

/** Kept by triggers as machines change (docs/decisions/totals-are-sums-of-changes.md). */
const takenSql = `select ${sums} from capacity_taken`;

/**
 * What that is the sum of: everything that exists on the hosts, or is to. Machines and volumes until they are gone from there, also those that no row
 * knows; one that failed holds nothing any more.
 */
const countedSql = `
  select ${sums} from (
    select cpu, ram, storage as disk from vms where status <> 'failure' or deleted_at is not null
    union all
    select 0, 0, size from volumes where status <> 'failed'
    union all
    select 0, 0, size from found_volumes
    union all
    select (known->>'cpu')::integer, (known->>'ram')::integer, (known->>'disk')::integer from found_machines) m`;

const names: Readonly<Record<keyof Size, string>> = { cpu: 'vCPU', ram: 'GB of RAM', disk: 'GB of disk' };

/**
 * How much the hosts can be given, and whether there is room for more of it: asked before anything is written down. What the hosts have
 * is looked at by the reconciler, outside of transactions; until they have answered for the first time, nothing is refused.
 */
export class Capacity {
  #all: Size | undefined;

  /** Looks at the hosts anew. One that does not answer is as it was. */
  async look(engine: Engine): Promise<void> {
    this.#all = await engine.capacity();
  }

  /**
   * Takes room, to be called as the last thing before the rows are written that need it: others wait until the transaction ends.
   *
   * @throws ApiError 409 where there is none
   */
  async claim(tx: Transaction, growth: Partial<Size>): Promise<void> {
    const all = this.#all;
    if (all === undefined || parts.every((part) => (growth[part] ?? 0) <= 0)) return;
    await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(tx.db);
    const used = await usedIn(tx.db);
    const lacking = parts.filter((part) => (growth[part] ?? 0) > 0 && used[part] + (growth[part] ?? 0) > all[part]);
    if (lacking.length === 0) return;
    throw new ApiError('noRoom', { things: lacking.map((part) => `${growth[part]} ${names[part]}`).join(' and ') });
  }

  /** What is left, for people; nothing where there is no bound. */
  async left(connection: Asked): Promise<string> {
    const all = this.#all;
    if (all === undefined) return '';
    const { rows } = await connection.query<Used>(takenSql);
    return `room for ${roomIn(all, rows[0] ?? { cpu: 0, ram: 0, disk: 0 })}`;
  }
}

type Used = { cpu: number; ram: number; disk: number };

/** What is left of a capacity, for people. */
export function roomIn(all: Size, used: Size): string {
  return parts.map((part) => `${Math.max(0, Math.floor(all[part] - used[part]))} ${names[part]}`).join(', ');
}

async function usedIn(db: Kysely<Tables> | KyselyTransaction<Tables>): Promise<Size> {
  const { rows } = await sql.raw<Used>(takenSql).execute(db);
  return rows[0] ?? { cpu: 0, ram: 0, disk: 0 };
}

/**
 * Counts anew what machines take, and mends the kept sum where it was wrong: both are of one moment, and what lacks is added, whatever
 * changes meanwhile.
 *
 * @returns what lacked; undefined where nothing did
 */
export async function recountCapacity(db: Kysely<Tables>): Promise<Size | undefined> {
  const { rows } = await sql<Used>`
    insert into capacity_taken (cpu, ram, disk)
    select c.cpu - t.cpu, c.ram - t.ram, c.disk - t.disk from (${sql.raw(countedSql)}) c, (${sql.raw(takenSql)}) t
     where (c.cpu, c.ram, c.disk) <> (t.cpu, t.ram, t.disk)
    returning cpu, ram, disk`.execute(db);
  return rows[0];
}
