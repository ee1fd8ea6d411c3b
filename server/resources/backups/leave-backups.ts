import { sql } from 'kysely';
import type { Change } from '../../calls/route.ts';
import { invalid } from '../../foundation/api-error.ts';
import { expires } from './backup-view.ts';
import { lockBackupsOf } from './lock-backups.ts';

/** @throws ApiError 400 where a backup of a machine that is to be deleted is being taken: it is to outlive the machine */
export async function refuseWhileBackedUp({ tx }: Change, vmId: string): Promise<void> {
  const { rows } = await sql`select from backups where vm_id = ${vmId} and state = 'creating'`.execute(tx.db);
  if (rows.length > 0) throw invalid('A backup of this VM is being taken; delete it when that is done');
}

/**
 * A machine that is being deleted has no schedules any more. Its backups are kept as long as its schedules would have kept them; those that
 * wait for their turn are not taken. The machine is locked, and the work on it is cancelled.
 */
export async function leaveBackups({ services, tx }: Change, vmId: string): Promise<void> {
  await lockBackupsOf(tx, vmId);
  await sql`
    update backups b set expires_at = e.expires
      from (select id, ${expires} as expires from backups where vm_id = ${vmId} and is_kept and schedule_id is not null) e
     where e.id = b.id`.execute(tx.db);
  const { rows } = await sql<{ id: string; account_id: string; project_id: string }>`
    update backups
       set state = case state when 'pending' then 'failed' else 'ready' end,
           failure_reason = case state when 'pending' then 'The VM was deleted' end, shown_from = null
     where vm_id = ${vmId} and state in ('pending', 'restoring') returning id, account_id, project_id`.execute(tx.db);
  for (const { id, account_id: accountId, project_id: projectId } of rows) {
    services.changes.said(tx, { kind: 'backup', accountId, id, projectId });
  }
  const schedules = await tx.db
    .deleteFrom('backup_schedules')
    .where('vm_id', '=', vmId)
    .returning(['id', 'account_id', 'project_id'])
    .execute();
  for (const { id, account_id: accountId, project_id: projectId } of schedules) {
    services.changes.said(tx, { kind: 'backupschedule', accountId, id: String(id), projectId });
  }
}
