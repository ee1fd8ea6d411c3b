import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';

const backupsLock = 7_238_436;

/**
 * Until the transaction ends nobody else changes which backups of a machine there are: what is free, what is pruned and what is left of a
 * series is known. The machine may be gone. Who locks its row as well does so first, and backups and schedules come after.
 */
export async function lockBackupsOf(tx: Transaction, vmId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(${backupsLock}, hashtext(${vmId}))`.execute(tx.db);
}
