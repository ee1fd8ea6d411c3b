import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import type { VmAction, VmStatus } from '@raffia/contract/vm-states.ts';
import { useMay } from '../api/session.tsx';
import { lacks, refusalOf } from './refusals.ts';

/** Why an action on a machine cannot begin now: by the permission first, then by its status. */
export function useVmRefusal(): (
  vm: { readonly status: VmStatus; readonly project_id?: string },
  action: VmAction,
  permission: Permission,
) => string | undefined {
  const may = useMay();
  return (vm, action, permission) =>
    may(permission, vm.project_id) ? refusalOf(action, vm.status) : lacks(permission);
}
