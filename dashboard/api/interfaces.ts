import { perPage, type VM, type VMInterfaces } from '@raffia/client/client.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { allOf, useVms } from './lists.ts';
import { useScope } from './scope.tsx';
import { useCurrent } from './session.tsx';

export type Nic = VMInterfaces['interfaces'][number];

/** An interface with the machine that has it. */
export interface VmNic extends Nic {
  readonly vm: VM;
}

/** The interfaces of all machines that are looked at, with all their firewall groups. There is none of a machine that the person cannot see. */
export function useInterfaces() {
  const { account, api } = useCurrent();
  const { has } = useScope();
  const vms = useVms();
  const seen = useMemo(() => (vms.data ?? []).filter(has), [vms.data, has]);
  const ids = seen.map(({ id }) => id);
  const query = useQuery({
    queryKey: [account.id, 'interfaces', ids],
    queryFn: ({ signal }) => allOf(ids, (some) => api.listVMInterfaces({ ids: some }, { signal })),
    enabled: vms.data !== undefined,
    placeholderData: keepPreviousData,
    meta: { requests: Math.max(1, Math.ceil(ids.length / perPage)) },
  });
  const nics = useMemo((): readonly VmNic[] => {
    const byVm = new Map(query.data?.map(({ vm_id, interfaces }) => [vm_id, interfaces]));
    return seen.flatMap((vm) => (byVm.get(vm.id) ?? []).map((nic) => ({ ...nic, vm })));
  }, [query.data, seen]);
  const isThere = vms.data !== undefined && query.data !== undefined;
  return {
    query,
    vms,
    nics,
    isThere,
    /** Whether they are not those of before, about to be read anew: nothing is to be chosen by these. */
    isKnown: query.isError || (isThere && (query.isFetchedAfterMount || !query.isFetching)),
  };
}

/** Everything that shows networks, read anew after a change of one. */
export const networkStale = [
  'vms',
  'vm',
  'vpcs',
  'ips',
  'security-groups',
  'interfaces',
  'operations',
  'account',
  'audit',
] as const;
