import { type ItemOf, type ListId, perPage, type RaffClient, type VM } from '@raffia/client/client.ts';
import { kindsOfWork, type ResourceName, type resources } from '@raffia/contract/resources.ts';
import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query';
import { freshness, useCurrent, useMay, useSees } from './session.tsx';

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

/** What is asked for by ids, as many at once as may be. */
export async function allOf<Item>(
  ids: readonly string[],
  read: (ids: string) => Promise<{ readonly data: readonly Item[] }>,
): Promise<Item[]> {
  const found: Item[] = [];
  for (let from = 0; from < ids.length; from += perPage)
    found.push(...(await read(ids.slice(from, from + perPage).join())).data);
  return found;
}

/** The queries that a change of a kind makes stale. */
type ShownIn<Kind extends ResourceName> = (typeof resources)[Kind]['shownIn'][number];

/**
 * All of a kind that the person may see; nothing is asked where that is none. A list that one page alone has stands in that page.
 *
 * @param name the query that the kind's entry in contract/resources.ts says to be shown in
 */
export function useList<Kind extends ResourceName, Id extends ListId>(
  kind: Kind,
  name: ShownIn<Kind>,
  id: Id,
  input?: Parameters<RaffClient[Id]>[0],
) {
  const { account, api } = useCurrent();
  const isSeen = useSees()(kind);
  const query = useQuery({
    queryKey: input === undefined ? [account.id, name] : [account.id, name, input],
    queryFn: ({ signal }) => all(api, id, signal, input),
    enabled: isSeen,
  });
  return isSeen ? query : withoutData(query);
}

/** A query of what the person may not see any more: what was read before is nobody's to look at. */
function withoutData<Data>(query: UseQueryResult<Data>): UseQueryResult<Data> {
  return { ...query, data: undefined } as UseQueryResult<Data>;
}

/** All machines. There may be thousands: of a list that is there, only those that changed are read anew. */
export function useVms() {
  const { account, api } = useCurrent();
  const isSeen = useSees()('vm');
  const query = useQuery({
    queryKey: [account.id, 'vms'],
    queryFn: ({ client, queryKey, signal }) =>
      freshness.vmsOf(account.id).read(client.getQueryData<VM[]>(queryKey), {
        all: () => all(api, 'listVMs', signal),
        some: (ids) => allOf(ids, (some) => api.listVMsByIds({ ids: some }, { signal })),
      }),
    enabled: isSeen,
  });
  return isSeen ? query : withoutData(query);
}

/** One machine; nothing is asked where no id is given. */
export function useVm(id: string | undefined) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'vm', id],
    queryFn: async ({ signal }) => (await api.getVM({ id: id ?? '' }, { signal })).data,
    enabled: id !== undefined,
  });
}

/** The same of a volume. */
export function useVolume(id: number | undefined) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'volumes', { volume_id: id }],
    queryFn: async ({ signal }) => (await api.getVolume({ id: id ?? 0 }, { signal })).data,
    enabled: id !== undefined,
  });
}

export const useVolumes = (of?: { vm_id: string }) => useList('volume', 'volumes', 'listVolumes', of);
export const useSnapshots = (of?: { vm_id: string } | { volume_id: number }) =>
  useList('snapshot', 'snapshots', 'listSnapshots', of);
export const useBackups = (of?: { vm_id: string }) => useList('backup', 'backups', 'listBackups', of);
export const useBackupSchedules = (of?: { vm_id: string }) =>
  useList('backupSchedule', 'backup-schedules', 'listBackupSchedules', of);
export const useProjects = () => useList('project', 'projects', 'listProjects');
export const useImages = () => useList('image', 'images', 'listImages');
export const useVpcs = () => useList('vpc', 'vpcs', 'listVPCs');
export const useIps = () => useList('ip', 'ips', 'listIPs');
export const useSecurityGroups = () => useList('securityGroup', 'security-groups', 'listSecurityGroups');
export const useSshKeys = () => useList('sshKey', 'ssh-keys', 'listSSHKeys');
export const useApiKeys = () => useList('apiKey', 'api-keys', 'listApiKeys');
export const useMembers = () => useList('member', 'members', 'listMembers');
export const useRoles = () => useList('role', 'roles', 'listRoles');
export const useProjectMembers = (id: string) => useList('project', 'project-members', 'listProjectMembers', { id });

/** Who has roles on projects, with the projects, as far as the person may see that; whether all of it is there yet. */
export function useGrants<Of extends { readonly id: string }>(projects: readonly Of[]) {
  const { account, api } = useCurrent();
  const may = useMay();
  const seen = projects.filter(({ id }) => may('account.members.view') || may('project.members.view', id));
  const results = useQueries({
    queries: seen.map(({ id }) => ({
      queryKey: [account.id, 'project-members' satisfies ShownIn<'project'>, { id }],
      queryFn: ({ signal }: { signal: AbortSignal }) => all(api, 'listProjectMembers', signal, { id }),
    })),
  });
  return {
    grants: results.flatMap(({ data = [] }, at) => data.map((held) => ({ project: seen[at] as Of, held }))),
    isLoaded: results.every(({ data, isError }) => data !== undefined || isError),
    error: results.find(({ error }) => error !== null)?.error ?? null,
  };
}

export function useAccount() {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'account'],
    queryFn: async ({ signal }) => (await api.getAccount({}, { signal })).data,
  });
}

export function useOperations(
  input: { resource_id?: string; status?: 'failed' | 'open'; limit?: number },
  isLive = true,
) {
  const { account, api } = useCurrent();
  const isSeen = kindsOfWork.some(useSees());
  const query = useQuery({
    queryKey: [account.id, 'operations', input],
    queryFn: async ({ signal }) => (await api.listOperations(input, { signal })).data,
    enabled: isLive && isSeen,
  });
  return isSeen ? query : withoutData(query);
}

/** Work that is under way, as far as the person sees it. */
export const useOpenWork = () => useOperations({ status: 'open', limit: perPage });
