import type { getVolume, listVolumes } from '@raffia/contract/volumes.ts';
import { ownRow } from '../../access/own-row.ts';
import { pageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import { presentVolume, type Volume } from './present-volume.ts';

/** The volumes of the projects that the caller may see. */
export async function listAllVolumes({ visible, query }: ListCall<typeof listVolumes>) {
  let seen = visible.from('volume');
  if (query.vm_id !== undefined) seen = seen.where('vm_id', '=', query.vm_id);
  if (query.region !== undefined) seen = seen.where('region', '=', query.region);
  const { rows, total } = await visible.page(seen, pageOf(query, 50), (volumes) =>
    volumes.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  return { success: true, data: rows.map((row) => presentVolume(row as Volume)), total };
}

export async function getOneVolume({ services, principal, params }: ReadCall<typeof getVolume>) {
  const row = await ownRow(services.db, 'volume', principal.accountId, params.id);
  return { success: true, data: presentVolume(row) };
}
