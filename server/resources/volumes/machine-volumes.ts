import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import type { MachineVolume } from '../../engines/engine.ts';

/** The volumes that a machine is to have on its host now: those that were plugged, also one that is about to be. */
export async function machineVolumes(db: Kysely<Tables>, vmId: string): Promise<MachineVolume[]> {
  const rows = await db
    .selectFrom('volumes')
    .select(['uid', 'id'])
    .where('plugged_vm_id', '=', vmId)
    .orderBy('id')
    .execute();
  return rows.map(({ uid, id }) => ({ id: uid, number: id }));
}
