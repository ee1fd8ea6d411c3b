import { sql } from 'kysely';
import { transact } from '../../database/transaction.ts';
import type { Services } from '../../services.ts';
import { lockBackupsOf } from './lock-backups.ts';
import { removeBackups } from './remove-backups.ts';

/** So many machines are looked at together. */
const batch = 100;

/**
 * Removes the backups whose retention has ended. One that is being restored waits for that.
 *
 * @returns whether there are more
 */
export async function removeExpiredBackups(services: Services): Promise<boolean> {
  const now = new Date(services.clock.now());
  const { rows } = await sql<{ vm_id: string }>`
    select vm_id from backups where expires_at <= ${now} and deleted_at is null and state in ('ready', 'failed')
     group by vm_id order by min(expires_at) limit ${batch}`.execute(services.db);
  for (const { vm_id } of rows) {
    await transact(services.db, async (tx) => {
      await lockBackupsOf(tx, vm_id);
      const expired = await tx.db
        .selectFrom('backups')
        .selectAll()
        .where('vm_id', '=', vm_id)
        .where('expires_at', '<=', now)
        .where('deleted_at', 'is', null)
        .where('state', 'in', ['ready', 'failed'])
        .orderBy('sequence')
        .forUpdate()
        .execute();
      await removeBackups(services, tx, expired);
    });
  }
  return rows.length === batch;
}
