import type { factoryResetVM, reinstallVM } from '@raffia/contract/vm-actions.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { invalid } from '../../foundation/api-error.ts';
import { lockBackupsOf } from '../backups/lock-backups.ts';
import { removeBackupsOf } from '../backups/remove-backups.ts';
import { endSnapshotsOf } from '../snapshots/end-snapshots.ts';
import { beginWork, vmToChange } from './accept-action.ts';
import { checkAccess, storedKeys } from './check-access.ts';
import { checkFit } from './create-vm.ts';
import { deliverPassword, generatePassword } from './generated-password.ts';
import type { Vm } from './queries.ts';
import { type InstallSource, resolveTemplate } from './resolve-template.ts';

/** Installs a template anew: the system disk is wiped, and its snapshots and backups with it; id, addresses, volumes, tags and notes stay (compute.md §3). */
export async function reinstallVm(call: WriteCall<typeof reinstallVM>) {
  const { services, tx, principal, body } = call;
  const keys = await storedKeys(tx, principal.accountId, body);
  const vm = await vmToChange(call, 'reinstall');
  const source = await resolveTemplate(services, tx, vm.account_id, body.template_id.toLowerCase(), vm.region);
  checkInstallable(call, vm, source);
  if (body.auto_generate_password && body.password !== undefined) {
    throw invalid('Pass either password or auto_generate_password, not both');
  }
  let password = body.password;
  const generates = body.auto_generate_password || (password === undefined && (body.ssh_keys ?? []).length === 0);
  let delivery: string | undefined;
  if (generates) {
    password = generatePassword();
    delivery = await deliverPassword(call, vm, password);
  }
  const access = checkAccess(keys, source.isWindows, { ...body, password }, 'Pass ssh_keys or password');
  await lockBackupsOf(tx, vm.id);
  await removeBackupsOf(services, tx, vm.id, principal.actorId);
  await installAnew(call, vm, source, 'vm.reinstall', access.sshKeys, access.password);
  return {
    success: true,
    message: delivery === undefined ? 'The VM is being reinstalled' : `Reinstalling; ${delivery}`,
  };
}

/** Installs the template of the first creation; keys are used again, or else a password is generated. */
export async function factoryResetVm(call: WriteCall<typeof factoryResetVM>) {
  const { services, tx } = call;
  const vm = await vmToChange(call, 'factoryReset');
  const source = await resolveTemplate(services, tx, vm.account_id, vm.original_template_id, vm.region);
  checkInstallable(call, vm, source);
  const generates = source.isWindows || vm.ssh_keys.length === 0;
  const password = generates ? generatePassword() : undefined;
  const delivery = password === undefined ? undefined : await deliverPassword(call, vm, password);
  await installAnew(call, vm, source, 'vm.factory-reset', source.isWindows ? [] : vm.ssh_keys, password);
  return { success: true, message: delivery === undefined ? 'The VM is being reset' : `Resetting; ${delivery}` };
}

function checkInstallable({ services }: Change, vm: Vm, source: InstallSource): void {
  const plan = services.catalogue.plan(vm.plan_id);
  if (plan === undefined) throw invalid('The plan of this VM is no longer in the catalogue; resize it first');
  checkFit(plan, source, vm.storage);
}

async function installAnew(
  call: Change,
  vm: Vm,
  source: InstallSource,
  kind: 'vm.reinstall' | 'vm.factory-reset',
  sshKeys: readonly string[],
  password: string | undefined,
): Promise<void> {
  await endSnapshotsOf(call, vm.id);
  await call.tx.db
    .updateTable('vms')
    .set({
      template_id: source.id,
      template_name: source.name,
      template_version: source.version,
      is_windows: source.isWindows,
      image_reference: source.imageReference,
      generation: vm.generation + 1,
      ssh_keys: [...sshKeys],
    })
    .where('id', '=', vm.id)
    .execute();
  await beginWork(call, vm, kind, {}, { status: 'provisioning', ...(password === undefined ? {} : { password }) });
}
