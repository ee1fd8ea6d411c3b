import type { VmStatus } from '@raffia/contract/vm-states.ts';
import { type VmAction, vmActions } from '@raffia/contract/vm-states.ts';
import type { Change, ChangeById } from '../../calls/route.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { enqueue } from '../../operations/enqueue.ts';
import type { AccountKind, OperationInputs } from '../../operations/operation-kinds.ts';
import { lockVm, type Vm } from './queries.ts';

/** Locks the machine that the path names, and refuses where it is gone or its state forbids what is to be done with it. */
export async function vmToChange(call: ChangeById, action: VmAction): Promise<Vm> {
  const { tx, principal } = call;
  const vm = await lockVm(tx.db, principal.accountId, call.params.id);
  if (vm === undefined) throw notFound('vm');
  refuseByState(vm, action);
  return vm;
}

/** @throws ApiError 400 where the machine's state forbids the action */
export function refuseByState(vm: Vm, action: VmAction): void {
  if (vmActions.ruling(action, vm.status) === 'refuse') throw refusal(vm, action);
}

function refusal(vm: Vm, action: VmAction): ApiError {
  if (action === 'resize' || action === 'resizeDisk' || action === 'restore') return new ApiError('vmMustBeStopped');
  if (vm.status === 'failure') return invalid('This VM has failed, and can only be deleted');
  const settled = (['active', 'passive'] as const).filter((status) => vmActions.ruling(action, status) !== 'refuse');
  return invalid(
    `This VM is ${inWords[vm.status]}; it must be ${settled.map((status) => inWords[status]).join(' or ')}`,
  );
}

/** The states as people say them: tools print the sentence as it is. */
const inWords: Readonly<Record<VmStatus, string>> = {
  initiating: 'being created',
  provisioning: 'being set up',
  booting: 'starting',
  active: 'running',
  passive: 'stopped',
  finalizing: 'stopping',
  failure: 'failed',
};

/** Accepts durable work on a machine: its new status is visible at once, the rest happens behind it. */
export async function beginWork<K extends AccountKind>(
  call: Change,
  vm: Vm,
  kind: K,
  input: OperationInputs[K],
  change: { status?: VmStatus; password?: string } = {},
): Promise<void> {
  const { services, tx, principal } = call;
  if (change.status !== undefined) {
    await tx.db
      .updateTable('vms')
      .set({ status: change.status, failure_reason: null, updated_at: new Date(services.clock.now()) })
      .where('id', '=', vm.id)
      .execute();
  }
  await enqueue(services, tx, {
    kind,
    accountId: vm.account_id,
    projectId: vm.project_id,
    resourceId: vm.id,
    input,
    ...(change.password === undefined ? {} : { password: change.password }),
    createdBy: principal.actorId,
  });
}
