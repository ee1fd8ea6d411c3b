import { sql } from 'kysely';
import type { Services } from '../../services.ts';

/** What has ended may be seen so much later, and have the time of another node's clock: it is made room of once more at most. */
const lateMs = 60_000;

/**
 * Compares what is kept with the rows, account by account. What a failed backup left is removed, and what was deleted is made room of. What no row
 * knows may be somebody's only copy, as after an older backup of the database was restored: it is told, and stays.
 *
 * @param signal breaks it off between two accounts
 * @returns the backups that no row knows, by account
 */
export async function lookAfterStore(services: Services, signal: AbortSignal): Promise<Record<string, string[]>> {
  const { db, backupStore, clock, log } = services;
  const unknown: Record<string, string[]> = {};
  const until = new Date(clock.now() - lateMs);
  const { rows: accounts } = await sql<{ account_id: string; has_changed: boolean }>`
    select account_id, exists (select from operations o where o.account_id = b.account_id
             and (o.kind = 'backup.delete' or o.kind = 'backup.create' and o.status = 'failed')
             and o.finished_at > coalesce(a.backups_tidied_until, '-infinity')) as has_changed
      from (select distinct account_id from backups union select account_id from operations where kind = 'backup.delete') b
      join accounts a on a.id = account_id`.execute(db);
  for (const { account_id: accountId, has_changed } of accounts) {
    signal.throwIfAborted();
    const points = await backupStore.list(accountId);
    const { rows } = await sql<{ id: string; state: string | null }>`
      select p.id, b.state from unnest(${points.map(({ id }) => id)}::uuid[]) p (id) left join backups b on b.id = p.id`.execute(
      db,
    );
    const states = new Map(rows.map(({ id, state }) => [id, state]));
    // Read after the store: what is being written has its row already.
    const left = points.filter(({ id }) => states.get(id) === 'failed');
    if (left.length > 0) await backupStore.delete(left);
    const lost = points.filter(({ id }) => states.get(id) === null).map(({ id }) => id);
    if (lost.length > 0) unknown[accountId] = lost;
    if (!has_changed && left.length === 0) continue;
    await backupStore.tidy(accountId, (ids) => beingWritten(db, ids));
    await db.updateTable('accounts').set({ backups_tidied_until: until }).where('id', '=', accountId).execute();
  }
  for (const [accountId, backups] of Object.entries(unknown)) {
    log.warn({ accountId, count: backups.length, backups: backups.slice(0, 20) }, 'backups are kept that no row knows');
  }
  return unknown;
}

/** Those of these backups whose files are being written, by whichever node. */
async function beingWritten(db: Services['db'], ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('backups')
    .select('id')
    .where('id', 'in', ids)
    .where('state', 'in', ['pending', 'creating'])
    .execute();
  return new Set(rows.map(({ id }) => id));
}
