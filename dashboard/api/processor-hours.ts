import type { RaffClient, VMProcessorHours } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
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

/**
 * How busy the processors of a machine were in 24 hours. Whatever is on the screen is asked for together and once a minute, at the same
 * moment for all of it; null where the machine is gone.
 */
export function useProcessorHours(id: string): VMProcessorHours | null | undefined {
  const { account, api } = useCurrent();
  const { data } = useQuery({
    queryKey: [account.id, 'processor-hours', id],
    queryFn: async () => (await gathererOf(api).want(id)) ?? null,
    staleTime: everyMs,
    refetchInterval: untilNext,
    // It shares its request with others.
    meta: { requests: 0 },
  });
  return data;
}
