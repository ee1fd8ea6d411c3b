import type { Kysely } from 'kysely';
import type { Row, Tables } from '../../database/tables.ts';
import { VolumeGone } from '../engine.ts';

export type SimulatedVolume = Row<'simulated_volumes'>;

/** Undefined where it is not there; with `deleted`, one that is held for its snapshots counts as there. */
export function findVolume(
  db: Kysely<Tables>,
  id: string,
  { deleted } = { deleted: false },
): Promise<SimulatedVolume | undefined> {
  return db
    .selectFrom('simulated_volumes')
    .selectAll()
    .where('id', '=', id)
    .$if(!deleted, (all) => all.where('is_deleted', '=', false))
    .executeTakeFirst();
}

/** @throws VolumeGone where it is not there */
export async function existingVolume(db: Kysely<Tables>, id: string): Promise<SimulatedVolume> {
  const volume = await findVolume(db, id);
  if (volume === undefined) throw new VolumeGone();
  return volume;
}

/** Of a volume; undefined where it has none. */
export function newestSnapshot(db: Kysely<Tables>, volumeId: string) {
  return db
    .selectFrom('simulated_snapshots')
    .select('contents')
    .where('volume_id', '=', volumeId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
