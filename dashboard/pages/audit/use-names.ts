import { useMemo } from 'react';
import {
  useApiKeys,
  useBackups,
  useImages,
  useIps,
  useMembers,
  useProjects,
  useRoles,
  useSecurityGroups,
  useSnapshots,
  useSshKeys,
  useVms,
  useVolumes,
  useVpcs,
} from '../../api/lists.ts';

/** What things are called that are still there; of what is numbered the kind is to be told. */
export function useNames(): (id: string | null | undefined, noun?: string) => string | undefined {
  const named = [
    useVms().data,
    useApiKeys().data,
    useProjects().data,
    useRoles().data,
    useVpcs().data,
    useSecurityGroups().data,
    useImages().data,
    useBackups().data,
    useSshKeys().data,
  ];
  const members = useMembers().data;
  const ips = useIps().data;
  const volumes = useVolumes().data;
  const snapshots = useSnapshots().data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lists in it, not what they stand in
  return useMemo(() => {
    const names = new Map<string, string>();
    for (const list of named) for (const { id, name } of list ?? []) names.set(id, name);
    for (const { id, user_id, email } of members ?? []) {
      names.set(id, email);
      if (user_id) names.set(user_id, email);
    }
    for (const { id, ip_address } of ips ?? []) names.set(id, ip_address);
    for (const { id, name } of volumes ?? []) names.set(`volume ${id}`, name);
    for (const { id, name } of snapshots ?? []) names.set(`snapshot ${id}`, name);
    return (id, noun) => (id === null || id === undefined ? undefined : (names.get(id) ?? names.get(`${noun} ${id}`)));
  }, [...named, members, ips, volumes, snapshots]);
}
