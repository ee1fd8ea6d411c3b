import { sql } from 'kysely';
import { transact } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { enqueue } from './enqueue.ts';

/** Backups that were deleted, and that nobody is removing from where they are kept: it is asked for again, for all of a machine together. */
export async function repeatBackupRemovals(services: Services): Promise<void> {
  const { rows } = await sql<{
    vm_id: string;
    account_id: string;
    project_id: string;
    created_by: string;
    ids: string[];
  }>`
    select vm_id, account_id, (array_agg(project_id order by sequence))[1] as project_id,
           (array_agg(created_by order by sequence))[1] as created_by, array_agg(id order by sequence) as ids
      from backups b
     where deleted_at is not null
       and not exists (select from operations o where o.queue = b.vm_id and o.finished_at is null)
     group by vm_id, account_id`.execute(services.db);
  for (const { vm_id, account_id, project_id, created_by, ids } of rows) {
    await transact(services.db, async (tx) => {
      await enqueue(services, tx, {
        kind: 'backup.delete',
        accountId: account_id,
        projectId: project_id,
        resourceId: ids[0] as string,
        queue: vm_id,
        input: { ids },
        createdBy: created_by,
      });
    });
  }
}
