import { largestPage } from '@raffia/contract/schemas.ts';
import type { listVMsByIds } from '@raffia/contract/vms.ts';
import { sql } from 'kysely';
import type { ListCall } from '../../calls/route.ts';
import { presentVm } from './present-vm.ts';
import { vmViews } from './queries.ts';

/** Of some machines those that are there and the caller may see, newest first. */
export async function listVmsByIds({ visible, query }: ListCall<typeof listVMsByIds>) {
  const { rows } = await visible.page(
    visible.from('vm').where(sql<boolean>`id = any(${query.ids.split(',')}::uuid[])`),
    { limit: largestPage, offset: 0 },
    (vms) => vms.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc'),
    vmViews,
  );
  return { success: true, data: rows.map(presentVm) };
}
