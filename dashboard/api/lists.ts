import type { ItemOf, ListId, RaffClient } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { useCurrent, useMay } from './session.tsx';

async function all<Id extends ListId>(
  api: RaffClient,
  id: Id,
  signal: AbortSignal,
  input?: Parameters<RaffClient[Id]>[0],
): Promise<ItemOf<Id>[]> {
  const items: ItemOf<Id>[] = [];
  for await (const item of api.each(id, input as never, { signal })) items.push(item);
  return items;
}

function useList<Id extends ListId>(name: string, id: Id, isAllowed = true, input?: Parameters<RaffClient[Id]>[0]) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: input === undefined ? [account.id, name] : [account.id, name, input],
    queryFn: ({ signal }) => all(api, id, signal, input),
    enabled: isAllowed,
  });
}

export const useProjects = () => useList('projects', 'listProjects');
export const useVms = () => useList('vms', 'listVMs', useMay()('vm.view'));
export const useImages = () => useList('images', 'listImages', useMay()('vm.view'));
export const useSshKeys = () => useList('ssh-keys', 'listSSHKeys');
export const useApiKeys = () => useList('api-keys', 'listApiKeys', useMay()('account.apikeys.view'));
export const useMembers = () => useList('members', 'listMembers', useMay()('account.members.view'));
export const useRoles = () => useList('roles', 'listRoles', useMay()('account.roles.view'));
export const useProjectMembers = (id: string) => useList('project-members', 'listProjectMembers', true, { id });

export function useAccount() {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'account'],
    queryFn: async ({ signal }) => (await api.getAccount({}, { signal })).data,
  });
}

export function useOperations(input: { resource_id?: string; status?: 'failed'; limit?: number }, isLive = true) {
  const { account, api } = useCurrent();
  const may = useMay();
  return useQuery({
    queryKey: [account.id, 'operations', input],
    queryFn: async ({ signal }) => (await api.listOperations(input, { signal })).data,
    enabled: isLive && may('vm.view'),
  });
}
