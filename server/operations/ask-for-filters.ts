import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Transaction } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { enqueue } from './enqueue.ts';

/**
 * Asks for the rules of machines' security groups on their hosts, in the transaction that changes them. Work that has not begun yet finds the
 * new ones: then nothing is asked for. A machine that failed is on no host.
 *
 * @param which of the machines `v`
 * @param createdBy who changes them; by default who made the machine
 */
export async function askForFilters(
  services: Services,
  tx: Transaction,
  which: RawBuilder<SqlBool>,
  createdBy?: string,
): Promise<void> {
  const { rows } = await sql<{ id: string; account_id: string; project_id: string; created_by: string }>`
    select v.id, v.account_id, v.project_id, v.created_by from vms v
     where ${which} and v.deleted_at is null and v.status <> 'failure'
       and not exists (select from operations o
                        where o.queue = v.id and o.kind = 'vm.filter' and o.status = 'pending' and o.finished_at is null
                        for update skip locked)
     order by v.id`.execute(tx.db);
  for (const vm of rows) {
    await enqueue(services, tx, {
      kind: 'vm.filter',
      accountId: vm.account_id,
      projectId: vm.project_id,
      resourceId: vm.id,
      input: {},
      createdBy: createdBy ?? vm.created_by,
    });
  }
}
