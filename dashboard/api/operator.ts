import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCurrent } from './session.tsx';

/** Nothing tells of a whole cloud what changed in it: what is on the screen is looked at anew, and only while somebody sees it. */
const lookEveryMs = 5_000;

const live = { refetchInterval: lookEveryMs, staleTime: lookEveryMs } as const;

export function useCloudStatus() {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'operator-status'],
    queryFn: async ({ signal }) => (await api.getCloudStatus({}, { signal })).data,
    ...live,
  });
}

export function useAccountsOfAll(input: { search?: string; limit: number; offset: number }) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'operator-accounts', input],
    queryFn: ({ signal }) => api.listAccountsForOperator(input, { signal }),
    placeholderData: keepPreviousData,
    ...live,
  });
}

/** One account; nothing is asked where no id is given. */
export function useAccountOfAll(id: string | undefined) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'operator-accounts', id],
    queryFn: async ({ signal }) => (await api.getAccountForOperator({ account_id: id ?? '' }, { signal })).data,
    enabled: id !== undefined,
    ...live,
  });
}

export function useTierRequestsOfAll(input: { limit: number; offset: number }) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'operator-requests', input],
    queryFn: ({ signal }) => api.listTierRequestsForOperator(input, { signal }),
    placeholderData: keepPreviousData,
    ...live,
  });
}

export function useFoundMachines(input: { limit: number; offset: number }) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'operator-machines', input],
    queryFn: ({ signal }) => api.listFoundMachines(input, { signal }),
    placeholderData: keepPreviousData,
    ...live,
  });
}
