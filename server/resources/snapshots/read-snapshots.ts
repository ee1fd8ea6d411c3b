import type { getSnapshot, listSnapshots } from '@raffia/contract/snapshots.ts';
import { ownRow } from '../../access/own-row.ts';
import { pageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import { presentSnapshot } from './present-snapshot.ts';

/** The snapshots of the projects that the caller may see; of one machine or volume where it is named. */
export async function listAllSnapshots({ visible, query }: ListCall<typeof listSnapshots>) {
  let seen = visible.from('snapshot');
  if (query.vm_id !== undefined) seen = seen.where('vm_id', '=', query.vm_id);
  if (query.volume_id !== undefined) seen = seen.where('volume_id', '=', query.volume_id);
  if (query.type !== undefined) seen = seen.where('type', '=', query.type);
  const { rows, total } = await visible.page(seen, pageOf(query, 50), (snapshots) =>
    snapshots.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  return { success: true, data: rows.map(presentSnapshot), total };
}

export async function getOneSnapshot({ services, principal, params }: ReadCall<typeof getSnapshot>) {
  const row = await ownRow(services.db, 'snapshot', principal.accountId, params.id);
  return { success: true, data: presentSnapshot(row) };
}
