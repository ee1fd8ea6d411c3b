import { sql } from 'kysely';
import { endTerms } from '../../billing/terms.ts';
import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { enqueue } from '../../operations/enqueue.ts';
import type { Services } from '../../services.ts';
import { billBackups } from './bill-backups.ts';

type Backup = Row<'backups'>;

/**
 * From here on these backups of one machine are not there and are not counted; where they are kept, they are removed behind. What one of a
 * series kept is its successor's, which cannot be restored without it: the oldest that is left is the baseline. The machine's backups are
 * locked.
 *
 * @param createdBy who is told to have asked; where nobody is named, who made the first of them
 */
export async function removeBackups(
  services: Services,
  tx: Transaction,
  backups: readonly Backup[],
  createdBy?: string,
): Promise<void> {
  const [first] = backups;
  if (first === undefined) return;
  const now = new Date(services.clock.now());
  const ids = backups.map(({ id }) => id);
  await tx.db.updateTable('backups').set({ deleted_at: now }).where('id', 'in', ids).execute();
  for (const { id, account_id: accountId, project_id: projectId, name } of backups) {
    await endTerms(tx, { kind: 'backup', id }, now, { reason: `Backup ${name} deleted`, resourceId: first.vm_id });
    services.changes.said(tx, { kind: 'backup', accountId, id, projectId });
  }
  for (const { series, sequence, kept_bytes, ready_at } of [...backups].sort((a, b) => a.sequence - b.sequence)) {
    if (ready_at === null) continue;
    await sql`
      update backups set kept_bytes = least(size_bytes, kept_bytes + ${kept_bytes})
       where id = (select id from backups where series = ${series} and is_kept and sequence > ${sequence} order by sequence limit 1)`.execute(
      tx.db,
    );
  }
  await billBackups(services, tx, first.vm_id);
  await enqueue(services, tx, {
    kind: 'backup.delete',
    accountId: first.account_id,
    projectId: first.project_id,
    resourceId: first.id,
    queue: first.vm_id,
    input: { ids },
    createdBy: createdBy ?? first.created_by,
  });
}

/** All of a machine whose disk is made anew. The machine is locked. */
export async function removeBackupsOf(
  services: Services,
  tx: Transaction,
  vmId: string,
  createdBy: string,
): Promise<void> {
  const backups = await tx.db
    .selectFrom('backups')
    .selectAll()
    .where('vm_id', '=', vmId)
    .where('deleted_at', 'is', null)
    .orderBy('sequence')
    .forUpdate()
    .execute();
  await removeBackups(services, tx, backups, createdBy);
  await tx.db.updateTable('vms').set({ backup_series: null }).where('id', '=', vmId).execute();
}

/** Of the backups of a schedule the newest are kept, as many as it says. One that is being restored waits for that. The machine's backups are locked. */
export async function pruneBackups(services: Services, tx: Transaction, scheduleId: number | null): Promise<void> {
  const schedule = await tx.db
    .selectFrom('backup_schedules')
    .select('keep_count')
    .where('id', '=', scheduleId)
    .executeTakeFirst();
  if (schedule === undefined) return;
  const { rows } = await sql<Backup>`
    select * from backups
     where schedule_id = ${scheduleId} and state = 'ready' and is_kept
       and sequence <= (select o.sequence from backups o where o.schedule_id = ${scheduleId} and o.is_kept
                         order by o.sequence desc limit 1 offset ${schedule.keep_count})
     order by sequence for update`.execute(tx.db);
  await removeBackups(services, tx, rows);
}
