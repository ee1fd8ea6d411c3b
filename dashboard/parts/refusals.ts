import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { type VmAction, type VmStatus, vmActions } from '@raffia/contract/vm-states.ts';

/** What somebody without a permission is told. */
export const lacks = (permission: Permission): string =>
  `You need the permission ${permission}. Ask an Owner or Admin.`;

const alreadySo: Partial<Readonly<Record<VmStatus, string>>> = {
  active: 'It runs already',
  passive: 'It is stopped already',
  finalizing: 'It is stopping already',
};

/** Why a machine's status forbids an action, and what to do first; undefined where it does not. The table of the server decides. */
export function refusalOf(action: VmAction, status: VmStatus): string | undefined {
  const runs = (other: VmStatus) => vmActions.runs(action, other);
  if (runs(status)) return undefined;
  if (vmActions.ruling(action, status) === 'noop') return alreadySo[status] ?? 'It is so already';
  if (status === 'active' && runs('passive')) return 'Stop the VM first';
  if (status === 'passive' && runs('active')) return 'Start the VM first';
  if (status === 'failure') return "The VM has failed and can't do this any more";
  return 'Wait until the VM has finished what it is doing';
}
