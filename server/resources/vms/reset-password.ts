import type { resetVMPassword } from '@raffia/contract/vm-actions.ts';
import type { WriteCall } from '../../calls/route.ts';
import { beginWork, vmToChange } from './accept-action.ts';
import { deliverPassword, generatePassword } from './generated-password.ts';

/** Sets a generated password; a running machine is restarted for it, a stopped one has it at the next start. */
export async function resetPassword(call: WriteCall<typeof resetVMPassword>) {
  const vm = await vmToChange(call, 'resetPassword');
  const password = generatePassword();
  const delivery = await deliverPassword(call, vm, password);
  const wasActive = vm.status === 'active';
  await beginWork(
    call,
    vm,
    'vm.reset-password',
    { wasActive },
    {
      password,
      ...(wasActive ? { status: 'booting' as const } : {}),
    },
  );
  return { success: true, message: `The password is being reset; ${delivery}` };
}
