import { sql } from 'kysely';
import { transact } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { enqueueNumbered } from './enqueue.ts';
import type { OperationInputs } from './operation-kinds.ts';

interface Left {
  readonly uid: string;
  readonly id: number;
  readonly plugged_vm_id: string | null;
  readonly account_id: string;
  readonly project_id: string;
  readonly created_by: string;
}

/**
 * What failed on volumes is asked for again: a deletion left its row, hidden; and where nobody knows whether a machine let go of one, it
 * is detached once more.
 */
export async function repeatVolumeWork(services: Services): Promise<void> {
  const idle = sql`not exists (select from operations o where o.resource_id = d.uid and o.finished_at is null)`;
  const columns = sql`d.uid, d.id, d.plugged_vm_id, d.account_id, d.project_id, d.created_by`;
  const { rows: held } = await sql<Left>`
    select ${columns} from volumes d join vms v on v.id = d.plugged_vm_id
     where d.plugged_vm_id is distinct from d.vm_id and v.deleted_at is null and ${idle}
       and not exists (select from operations o where o.queue = v.id and o.finished_at is null)`.execute(services.db);
  for (const volume of held) {
    const vmId = volume.plugged_vm_id as string;
    await again(services, volume, 'volume.detach', vmId, { vmId });
  }
  const { rows: hidden } = await sql<Left>`
    select ${columns} from volumes d where d.deleted_at is not null and ${idle}`.execute(services.db);
  for (const volume of hidden) await again(services, volume, 'volume.delete', volume.uid, {});
}

async function again<K extends 'volume.detach' | 'volume.delete'>(
  services: Services,
  volume: Left,
  kind: K,
  queue: string,
  input: OperationInputs[K],
): Promise<void> {
  await transact(services.db, async (tx) => {
    await enqueueNumbered(services, tx, volume, { kind, queue, input, createdBy: volume.created_by });
  });
}
