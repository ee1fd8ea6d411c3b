import { type QuotaName, quotaNames } from '@raffia/contract/quotas.ts';
import { type Kysely, type Transaction as KyselyTransaction, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { Transaction } from '../database/transaction.ts';
import { overQuota } from './over-quota.ts';
import { quotas } from './quotas.ts';

type Db = Kysely<Tables> | KyselyTransaction<Tables>;

export interface Use {
  readonly used: number;
  /** Null: as much as it wants. */
  readonly limit: number | null;
}

/**
 * How much an account has of everything, and how much it may have: the one rule, wherever it is shown.
 *
 * @param held of what is not in rows
 */
export async function usage(
  db: Db,
  accountId: string,
  held: Readonly<Record<'streams' | 'consoles', number>>,
): Promise<Record<QuotaName, Use>> {
  const rows = await read(db, accountId, quotaNames);
  return Object.fromEntries(
    rows.map(({ name, used, limit }) => [
      name,
      { used: name === 'streams' || name === 'consoles' ? held[name] : used, limit },
    ]),
  ) as Record<QuotaName, Use>;
}

/** How much an account may have of something; null: as much as it wants. */
export async function quotaOf(db: Db, accountId: string, name: QuotaName): Promise<number | null> {
  const [row] = await read(db, accountId, [name]);
  return row?.limit ?? null;
}

/**
 * Refuses early what could not stand anyway, without a lock: work that ends in a refusal costs little. What decides are the counters
 * themselves, at the commit.
 *
 * @throws ApiError 400 naming the limit
 */
export async function refuseOverQuota(tx: Transaction, accountId: string, growth: Partial<Record<QuotaName, number>>) {
  const rows = await read(tx.db, accountId, Object.keys(growth) as QuotaName[]);
  refuse(rows, growth);
}

/**
 * The same for what grows without a new row, such as a machine that gets a larger plan: the counters are locked until the commit.
 *
 * @throws ApiError 400 naming the limit
 */
export async function claimQuota(tx: Transaction, accountId: string, growth: Partial<Record<QuotaName, number>>) {
  const names = Object.keys(growth).sort() as QuotaName[];
  await sql`insert into usage (account_id, name, used) select ${accountId}::uuid, name, 0 from unnest(${names}::text[]) name
            on conflict do nothing`.execute(tx.db);
  await sql`select from usage where account_id = ${accountId} and name = any (${names}) order by name for no key update`.execute(
    tx.db,
  );
  refuse(await read(tx.db, accountId, names), growth);
}

interface Row extends Use {
  readonly name: QuotaName;
}

function refuse(rows: readonly Row[], growth: Partial<Record<QuotaName, number>>): void {
  for (const { name, used, limit } of rows) {
    const more = growth[name] ?? 0;
    if (limit !== null && more > 0 && used + more > limit) throw overQuota(name, limit);
  }
}

/** In the order of the names that are asked for. */
async function read(db: Db, accountId: string, names: readonly QuotaName[]): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select n.name, coalesce(u.used, 0) as used, quota_limit(${accountId}::uuid, n.name) as limit
      from unnest(${[...names]}::text[]) with ordinality n (name, position)
      left join usage u on u.account_id = ${accountId} and u.name = n.name
     order by n.position`.execute(db);
  return rows;
}

/** Writes down what an account may have where the operator gave it nothing of its own. */
export async function syncQuotaDefaults(db: Kysely<Tables>, defaults: Readonly<Record<QuotaName, number | null>>) {
  for (const name of quotaNames) {
    await sql`insert into quotas (account_id, name, "limit") values (null, ${name}, ${defaults[name]})
              on conflict (account_id, name) do update set "limit" = excluded."limit"`.execute(db);
  }
}

interface Mended {
  readonly account_id: string;
  readonly name: string;
  /** What there is. */
  readonly used: number;
}

/**
 * Counts anew and mends counters that were wrong: after a restored backup, or rows written by hand.
 *
 * @returns what was wrong
 */
export async function recount(db: Kysely<Tables>): Promise<Mended[]> {
  return [...(await recountUse(db)), ...(await recountVms(db))];
}

/** What lists of machines count: both sums are of one moment, and what lacks is added, whatever changes meanwhile. */
async function recountVms(db: Kysely<Tables>): Promise<Mended[]> {
  const cell = sql.raw('account_id, project_id, region, status');
  const { rows } = await sql<Mended>`
    with there as (select ${cell}, count(*) as vms from vms where deleted_at is null group by ${cell}),
         counted as (select ${cell}, sum(vms) as vms from vm_counts group by ${cell}),
         wrong as (
           select ${cell}, coalesce(t.vms, 0) as vms, coalesce(t.vms, 0) - coalesce(c.vms, 0) as lacks
             from there t full join counted c using (${cell})
            where coalesce(t.vms, 0) <> coalesce(c.vms, 0)),
         mended as (insert into vm_counts (${cell}, vms) select ${cell}, lacks from wrong)
    select account_id, 'vms in lists' as name, sum(vms)::bigint as used from wrong group by account_id`.execute(db);
  return rows;
}

/** An account at a time. */
async function recountUse(db: Kysely<Tables>): Promise<Mended[]> {
  const wrong: Mended[] = [];
  const inRows = quotaNames.filter((name) => quotas[name].counted !== null);
  const counted = inRows.map(
    (name) =>
      `select account_id, '${name}' as name, sum(amount)::bigint as used from (${quotas[name].counted}) c group by account_id`,
  );
  // What the next version counts beside, on another node, is not known here.
  const ofThisVersion = `select * from usage where name in (${inRows.map((name) => `'${name}'`).join(', ')})`;
  const differing = sql.raw(`
    select coalesce(c.account_id, u.account_id) as account_id, coalesce(c.name, u.name) as name, coalesce(c.used, 0) as used
      from (${counted.join(' union all ')}) c full join (${ofThisVersion}) u on u.account_id = c.account_id and u.name = c.name
     where coalesce(c.used, 0) <> coalesce(u.used, 0)`);
  const suspects = await sql<{ account_id: string; name: QuotaName }>`${differing}`.execute(db);
  for (const { account_id, name } of suspects.rows) {
    await db.transaction().execute(async (tx) => {
      // Whoever is about to count waits for this lock, and what he counts is not visible yet.
      await sql`insert into usage (account_id, name, used) values (${account_id}, ${name}, 0) on conflict do nothing`.execute(
        tx,
      );
      const before = await sql<{ used: number }>`
        select used from usage where account_id = ${account_id} and name = ${name} for update`.execute(tx);
      const { rows } = await sql<{ used: number }>`
        select coalesce(sum(amount), 0)::bigint as used from (${sql.raw(quotas[name].counted as string)}) c
         where account_id = ${account_id}`.execute(tx);
      const used = rows[0]?.used ?? 0;
      if (used === before.rows[0]?.used) return;
      await sql`update usage set used = ${used} where account_id = ${account_id} and name = ${name}`.execute(tx);
      wrong.push({ account_id, name, used });
    });
  }
  return wrong;
}
