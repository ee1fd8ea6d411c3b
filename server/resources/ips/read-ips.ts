import type { getIP, listIPs } from '@raffia/contract/ips.ts';
import { pageOf } from '../../calls/page.ts';
import type { ListCall, ReadCall } from '../../calls/route.ts';
import { notFound } from '../../foundation/api-error.ts';
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
  const row = await services.db
    .selectFrom('public_addresses')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw notFound('ip');
  return { success: true, data: presentIp(row as OwnedAddress) };
}
