import type { getBackup, listBackups } from '@raffia/contract/backups.ts';
import type { Kysely, Transaction } from 'kysely';
import { pageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import type { Tables } from '../../database/tables.ts';
import { notFound } from '../../foundation/api-error.ts';
import { type BackupView, besideBackups } from './backup-view.ts';
import { presentBackup } from './present-backup.ts';

/** The backups of the projects that the caller may see; of one machine where it is named. */
export async function listAllBackups({ visible, query }: ListCall<typeof listBackups>) {
  let seen = visible.from('backup');
  if (query.vm_id !== undefined) seen = seen.where('vm_id', '=', query.vm_id);
  const { rows, total } = await visible.page(
    seen,
    pageOf(query, 50),
    (backups) => backups.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc'),
    besideBackups,
  );
  return { success: true, data: rows.map(presentBackup), total };
}

export async function getOneBackup({ services, principal, params }: ReadCall<typeof getBackup>) {
  const row = await findBackup(services.db, principal.accountId, params.id);
  if (row === undefined) throw notFound('backup');
  return { success: true, data: presentBackup(row) };
}

const { increment, expires, month_micros } = besideBackups.columns;

/** One backup of an account as the API shows it; undefined where it is gone. */
export function findBackup(
  db: Kysely<Tables> | Transaction<Tables>,
  accountId: string,
  id: string,
): Promise<BackupView | undefined> {
  return db
    .selectFrom('backups')
    .selectAll()
    .select([increment.as('increment'), expires.as('expires'), month_micros.as('month_micros')])
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}
