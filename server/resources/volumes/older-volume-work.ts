import { sql } from 'kysely';
import type { Work } from '../../operations/workflow.ts';

/**
 * Work on a volume that a machine has is done in the machine's order, and a volume goes from machine to machine: whatever was accepted before
 * for it or for its snapshots comes first, in whichever order it is done. It waits for older work alone, so that no two wait for each other.
 */
export async function hasOlderVolumeWork(
  { services, operation }: Pick<Work, 'services' | 'operation'>,
  volumeUid: string,
): Promise<boolean> {
  const { rows } = await sql`
    select from operations where finished_at is null and sequence < ${operation.sequence}
       and (resource_id = ${volumeUid} or resource_id in (select uid from snapshots where volume_uid = ${volumeUid}))
     limit 1`.execute(services.db);
  return rows.length > 0;
}
