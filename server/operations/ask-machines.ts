import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Transaction } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { enqueue } from './enqueue.ts';

/** What other rows than a machine's own say of it, and its host has to be told. */
export type Told = 'vm.filter' | 'vm.network';

/**
 * Asks for what other rows say of machines on their hosts, such as the rules of their security groups, in the transaction that changes
 * these. Work that has not begun yet finds what is new: then nothing is asked for. A machine that failed is on no host.
 *
 * @param which of the machines `v`
 * @param createdBy who changes them; by default who made the machine
 */
export async function askMachines(
  services: Services,
  tx: Transaction,
  kind: Told,
  which: RawBuilder<SqlBool>,
  createdBy?: string,
): Promise<void> {
  const { rows } = await sql<{ id: string; account_id: string; project_id: string; created_by: string }>`
    select v.id, v.account_id, v.project_id, v.created_by from vms v
     where ${which} and v.deleted_at is null and v.status <> 'failure'
       and not exists (select from operations o
                        where o.queue = v.id and o.kind = ${kind} and o.status = 'pending' and o.finished_at is null
                        for update skip locked)
     order by v.id`.execute(tx.db);
  for (const vm of rows) {
    await enqueue(services, tx, {
      kind,
      accountId: vm.account_id,
      projectId: vm.project_id,
      resourceId: vm.id,
      input: {},
      createdBy: createdBy ?? vm.created_by,
    });
  }
}
