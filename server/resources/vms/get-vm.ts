import type { getVM } from '@raffia/contract/vms.ts';
import type { ReadCall } from '../../calls/route.ts';
import { notFound } from '../../foundation/api-error.ts';
import { presentVm } from './present-vm.ts';
import { findVmView } from './queries.ts';

/** One machine. */
export async function getVm({ services, principal, params }: ReadCall<typeof getVM>) {
  const view = await findVmView(services.db, principal.accountId, params.id);
  if (view === undefined) throw notFound('vm');
  return { success: true, data: presentVm(view) };
}
