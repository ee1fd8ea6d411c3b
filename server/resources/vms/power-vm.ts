import { type VmAction, type VmStatus, vmActions } from '@raffia/contract/vm-states.ts';
import type { ChangeById } from '../../calls/route.ts';
import type { OperationKind } from '../../operations/operation-kinds.ts';
import { beginWork, vmToChange } from './accept-action.ts';

interface PowerAction {
  readonly action: VmAction;
  readonly kind: OperationKind & ('vm.start' | 'vm.stop' | 'vm.reboot' | 'vm.reboot-hard');
  readonly status: VmStatus;
  readonly message: string;
}

/** A power action: accepted at once, the status carries its progress; repeating what is already so is a success. */
function powerVm({ action, kind, status, message }: PowerAction) {
  return async (call: ChangeById) => {
    const vm = await vmToChange(call, action);
    const begins = vmActions.runs(action, vm.status);
    if (begins) await beginWork(call, vm, kind, {}, { status });
    return { success: true, message: begins ? message : `The VM is already ${vm.status}` };
  };
}

export const startVm = powerVm({ action: 'start', kind: 'vm.start', status: 'booting', message: 'The VM is starting' });
export const stopVm = powerVm({ action: 'stop', kind: 'vm.stop', status: 'finalizing', message: 'The VM is stopping' });
export const rebootVm = powerVm({
  action: 'reboot',
  kind: 'vm.reboot',
  status: 'booting',
  message: 'The VM is rebooting',
});
export const hardRebootVm = powerVm({
  action: 'hardReboot',
  kind: 'vm.reboot-hard',
  status: 'booting',
  message: 'The VM is being power-cycled',
});
