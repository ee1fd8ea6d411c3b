import type { ProjectCost, RaffClient } from '@raffia/client/client.ts';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useCurrent } from './session.tsx';

type DaysInput = NonNullable<Parameters<RaffClient['getCostsByDay']>[0]>;

type ProjectsInput = NonNullable<Parameters<RaffClient['listCostsByProject']>[0]>;

/** Something about what was spent, which grows with the time; what is shown stays until the next is there. */
export function useCosts<Data>(
  name: string,
  input: object,
  read: (api: RaffClient, signal: AbortSignal) => Promise<Data>,
): UseQueryResult<Data> {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'costs', name, input],
    queryFn: ({ signal }) => read(api, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
}

/** What each day cost; without days this month's. */
export const useCostsByDay = (input: DaysInput) =>
  useCosts('days', input, async (api, signal) => (await api.getCostsByDay(input, { signal })).data);

/** What each project cost, dearest first; without days this month. */
export const useCostsByProject = (input: ProjectsInput) =>
  useCosts('projects', input, async (api, signal) => {
    const all: ProjectCost[] = [];
    for await (const one of api.each('listCostsByProject', input, { signal })) all.push(one);
    return all;
  });
