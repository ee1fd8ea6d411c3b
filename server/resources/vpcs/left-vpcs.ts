import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';

/** Locks the VPCs of some interfaces whose deletion waits for those who are leaving; the answer is their ids. */
export async function lockLeftVpcs(tx: Transaction, nics: RawBuilder<SqlBool>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from vpcs where deleted_at is not null and id in (select vpc_id from nics where ${nics})
     order by id for update`.execute(tx.db);
  return rows.map(({ id }) => id);
}

/** Removes those of them that nobody is in any more, and whose gateway is on no host. */
export async function removeEmptyVpcs(tx: Transaction, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await sql`
      delete from vpcs
       where id = ${id} and router_address is null and not exists (select 1 from nics where vpc_id = ${id})`.execute(
      tx.db,
    );
  }
}
