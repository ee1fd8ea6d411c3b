import type { getApiKey, listApiKeys } from '@raffia/contract/api-keys.ts';
import { pageOf } from '../../calls/page.ts';
import type { ReadCall } from '../../calls/route.ts';
import { notFound } from '../../foundation/api-error.ts';
import { keyViews, presentApiKey } from './present-api-key.ts';

/** A page of the account's keys. */
export async function listKeys({ services, principal, query }: ReadCall<typeof listApiKeys>) {
  const { rows, total } = await keyViews(services.db, principal.accountId, pageOf(query, 50));
  return { success: true, data: rows.map(presentApiKey), total };
}

export async function getKey({ services, principal, params }: ReadCall<typeof getApiKey>) {
  const { rows } = await keyViews(services.db, principal.accountId, { id: params.id, limit: 1, offset: 0 });
  const [row] = rows;
  if (row === undefined) throw notFound('apiKey');
  return { success: true, data: presentApiKey(row) };
}
