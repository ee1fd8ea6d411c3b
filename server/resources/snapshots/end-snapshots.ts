import { endTerms } from '../../billing/terms.ts';
import type { Change } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';

/** What was counted of a snapshot ends with it: when its deletion was asked for, and not before it was there. */
export async function endSnapshot(
  tx: Transaction,
  { id, name, ready_at }: Pick<Row<'snapshots'>, 'id' | 'name' | 'ready_at'>,
  asked: Date,
  sourceId: string,
): Promise<void> {
  if (ready_at === null) return;
  const end = ready_at > asked ? ready_at : asked;
  const about = { reason: `Snapshot ${name} deleted`, resourceId: sourceId };
  await endTerms(tx, { kind: 'snapshot', id: String(id) }, end, about);
}

/** The snapshots of a machine whose disk goes, and them with it: from here on they are not there. Their host lets go of all together. */
export async function endSnapshotsOf({ services, tx }: Change, vmId: string): Promise<void> {
  const now = new Date(services.clock.now());
  const gone = await tx.db
    .deleteFrom('snapshots')
    .where('vm_id', '=', vmId)
    .returning(['id', 'name', 'ready_at', 'deleted_at', 'account_id', 'project_id'])
    .execute();
  for (const snapshot of gone) {
    await endSnapshot(tx, snapshot, snapshot.deleted_at ?? now, vmId);
    const { id, account_id: accountId, project_id: projectId } = snapshot;
    services.changes.said(tx, { kind: 'snapshot', accountId, id: String(id), projectId });
  }
}
