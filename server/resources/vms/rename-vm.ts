import type { renameVM } from '@raffia/contract/vm-actions.ts';
import type { WriteCall } from '../../calls/route.ts';
import { vmToChange } from './accept-action.ts';

/** Changes the display name; the guest's host name stays. */
export async function renameVm(call: WriteCall<typeof renameVM>) {
  const vm = await vmToChange(call, 'rename');
  await call.tx.db
    .updateTable('vms')
    .set({ name: call.body.name, updated_at: new Date(call.services.clock.now()) })
    .where('id', '=', vm.id)
    .execute();
  call.audit.details = { from: vm.name, to: call.body.name };
  return { success: true, message: 'The VM was renamed' };
}
