import type { VM } from '@raffia/client/client.ts';
import { useMemo } from 'react';
import { useVms } from '../api/lists.ts';

/** The machines that the person sees, by id; what is not among them is gone, or somebody else's. */
export function useVmOf(): (id: string | undefined) => VM | undefined {
  const { data } = useVms();
  return useMemo(() => {
    const byId = new Map((data ?? []).map((vm) => [vm.id, vm]));
    return (id) => (id === undefined ? undefined : byId.get(id));
  }, [data]);
}
