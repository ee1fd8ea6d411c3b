import type { listVMs } from '@raffia/contract/vms.ts';
import { pageOf } from '../../calls/page.ts';
import type { ListCall } from '../../calls/route.ts';
import { presentVm } from './present-vm.ts';
import { listVmViews } from './queries.ts';

/**
 * A page of the machines that the caller may see: of one project where query or header name one, else of all where it holds
 * `vm.view`. Served from memory while nothing of the account's machines has changed.
 */
export function listVms(call: ListCall<typeof listVMs>): Buffer | Promise<Buffer> {
  const { services, visible, query } = call;
  const { pool, accountId, projectsOf } = visible.byHand();
  const projectIds = projectsOf('vm');
  const { limit, offset } = pageOf(query, 20);
  const region = query.region ?? null;
  const status = query.status ?? null;
  // Who sees the same has the same.
  const name = `${accountId} ${projectIds?.join() ?? '*'}|${region}|${status}|${limit}|${offset}`;
  const kept = services.vmPages.get(name);
  if (kept !== undefined) return kept;
  return services.vmPages.load(name, accountId, async () => {
    const { rows, total } = await listVmViews(pool, { accountId, projectIds, region, status, limit, offset });
    return Buffer.from(JSON.stringify({ success: true, data: rows.map(presentVm), total }));
  });
}
