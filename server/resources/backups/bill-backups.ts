import { freeBackups } from '@raffia/contract/vm-rules.ts';
import { sql } from 'kysely';
import { beginTerm, endTerms } from '../../billing/terms.ts';
import type { Transaction } from '../../database/transaction.ts';
import type { Services } from '../../services.ts';
import { inMegabytes } from './backup-size.ts';

/** What a backup costs a month beyond those, by the documented formula: `(storage_size / 1024) * price`. */
const monthOf = (bytes: number, gigabyteMicros: number) => Math.round((inMegabytes(bytes) / 1024) * gigabyteMicros);

/**
 * Brings what is billed of a machine's backups to what there is: those beyond the newest three are counted, with what they take, from when
 * they fall behind until they go or are among them again. The machine's backups are locked.
 */
export async function billBackups(
  { catalogue, clock }: Pick<Services, 'catalogue' | 'clock'>,
  tx: Transaction,
  vmId: string,
): Promise<void> {
  const now = new Date(clock.now());
  const { rows } = await sql<{
    id: string;
    name: string;
    account_id: string;
    project_id: string;
    region: string;
    kept_bytes: number;
    newer: number;
    billed: number | null;
  }>`
    select b.id, b.name, b.account_id, b.project_id, b.region, b.kept_bytes, (row_number() over (order by b.sequence desc) - 1)::integer as newer,
           t.unit_price_micros as billed
      from backups b
      left join terms t on t.resource_kind = 'backup' and t.resource_id = b.id::text and t.item = 'backup' and t.until is null
     where b.vm_id = ${vmId} and b.is_kept order by b.sequence`.execute(tx.db);
  for (const { id, name, account_id: accountId, project_id: projectId, region, kept_bytes, newer, billed } of rows) {
    const price = newer < freeBackups ? null : monthOf(kept_bytes, catalogue.backupMonthMicros(region));
    if (price === billed) continue;
    const resource = { kind: 'backup', id };
    if (billed !== null) await endTerms(tx, resource, now, { reason: `Backup ${name}`, resourceId: vmId });
    if (price === null) continue;
    await beginTerm(
      tx,
      { accountId, projectId, subscriptionId: null, item: 'backup', resource, name, unitPriceMicros: price, now },
      { reason: `Backup ${name}`, resourceId: vmId },
    );
  }
}
