import type { getIP, listIPs } from '@raffia/contract/ips.ts';
import { ownRow } from '../../access/own-row.ts';
import { pageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import { type OwnedAddress, presentIp } from './present-ip.ts';

/** The public addresses of the projects that the caller may see: reserved ones, and those that machines have. */
export async function listAllIps({ visible, query }: ListCall<typeof listIPs>) {
  const { reserved, status } = query;
  let seen = visible.from('ip');
  if (reserved !== undefined) seen = seen.where('is_reserved', '=', reserved);
  if (status !== undefined) seen = seen.where('state', status === 'in-use' ? '=' : '<>', 'attached');
  const { rows, total } = await visible.page(seen, pageOf(query, 20), (ips) =>
    ips.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc'),
  );
  return { success: true, data: rows.map((row) => presentIp(row as OwnedAddress)), total };
}

export async function getOneIp({ services, principal, params }: ReadCall<typeof getIP>) {
  const row = await ownRow(services.db, 'ip', principal.accountId, params.id);
  return { success: true, data: presentIp(row as OwnedAddress) };
}
