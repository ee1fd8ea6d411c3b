import { perPage, type RaffClient, type VMProcessorHours } from '@raffia/client/client.ts';
import { queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { Gatherer } from './gatherer.ts';
import { allOf } from './lists.ts';
import { useCurrent } from './session.tsx';

const everyMs = 60_000;
/** Until a full minute, the same for all that is shown: the next one only for what was read at the last. */
const untilNext = () => {
  const left = everyMs - (Date.now() % everyMs);
  return left < everyMs - 5000 ? left + everyMs : left;
};
const gatherers = new WeakMap<RaffClient, Gatherer<VMProcessorHours>>();

function gathererOf(api: RaffClient): Gatherer<VMProcessorHours> {
  const known = gatherers.get(api);
  if (known !== undefined) return known;
  const made = new Gatherer<VMProcessorHours>(async (ids) => {
    const rows = await allOf(ids, (some) => api.listVMProcessorHours({ ids: some }));
    return new Map(rows.map((row) => [row.vm_id, row]));
  });
  gatherers.set(api, made);
  return made;
}

/** One machine's, shared by all that show it; null where it is gone. */
const hoursOfOne = (accountId: string, api: RaffClient, id: string) =>
  queryOptions({
    queryKey: [accountId, 'processor-hours', id],
    queryFn: async () => (await gathererOf(api).want(id)) ?? null,
    staleTime: everyMs,
    refetchInterval: untilNext,
    // It shares its request with others.
    meta: { requests: 0 },
  });

/**
 * How busy the processors of a machine were in 24 hours. Whatever is on the screen is asked for together and once a minute, at the same
 * moment for all of it.
 */
export function useProcessorHours(id: string): VMProcessorHours | null | undefined {
  const { account, api } = useCurrent();
  return useQuery(hoursOfOne(account.id, api, id)).data;
}

/** The same of as many machines as one request answers; of more, nothing is asked. */
export function useProcessorHoursOf(ids: readonly string[]): readonly VMProcessorHours[] {
  const { account, api } = useCurrent();
  const asked = ids.length > perPage ? [] : ids;
  return useQueries({ queries: asked.map((id) => hoursOfOne(account.id, api, id)) }).flatMap(({ data }) => data ?? []);
}
