import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { VolumeGone, type VolumeSpec } from '../../engines/engine.ts';

/**
 * What its row says that a volume is to be, also one whose deletion was accepted.
 *
 * @param uid by which hosts know it
 * @throws VolumeGone where it has no row any more
 */
export async function volumeSpec(db: Kysely<Tables>, uid: string): Promise<VolumeSpec> {
  const volume = await db
    .selectFrom('volumes')
    .select(['uid as id', 'name', 'size', 'filesystem'])
    .where('uid', '=', uid)
    .executeTakeFirst();
  if (volume === undefined) throw new VolumeGone();
  return volume;
}
