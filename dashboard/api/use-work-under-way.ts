import { type Operation, perPage } from '@raffia/client/client.ts';
import { kindsOfWork } from '@raffia/contract/resources.ts';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useScope } from './scope.tsx';
import { useCurrent, useSees } from './session.tsx';
import { Told, useTold } from './told.ts';
import { whoseWork } from './tray.ts';
import { allWork, failedForMs, type WorkUnderWay, workUnderWay } from './work-under-way.ts';

/** So many are remembered as dismissed. */
const most = 200;
const keyOf = (personId: string) => `raffia.dismissed.${personId}`;

/** What was dismissed, by who did: two people may use one browser. */
const dismissed = new Told<ReadonlyMap<string, ReadonlySet<string>>>(new Map());
const nothing: ReadonlySet<string> = new Set();

function dismissedBy(personId: string): ReadonlySet<string> {
  const known = dismissed.get().get(personId);
  if (known !== undefined) return known;
  let ids = nothing;
  try {
    ids = new Set(JSON.parse(localStorage.getItem(keyOf(personId)) ?? '[]') as string[]);
  } catch {
    // Somebody else wrote there.
  }
  (dismissed.get() as Map<string, ReadonlySet<string>>).set(personId, ids);
  return ids;
}

/** Takes work that failed out of the tray, for this person in this browser. */
export function dismissWork(personId: string, ids: readonly string[]): void {
  const kept = [...dismissedBy(personId), ...ids].slice(-most);
  localStorage.setItem(keyOf(personId), JSON.stringify(kept));
  dismissed.tell(new Map(dismissed.get()).set(personId, new Set(kept)));
}

/** What is known of names: a thing that was deleted has none any more. */
const names = new Map<string, string>();
const nameKey = ({ kind, resource_id }: Operation) => `${kind.split('.')[0]} ${resource_id}`;

/** What work is about, by its name, as long as the page has ever heard it. */
export function nameOfWork(operation: Operation): string | undefined {
  return operation.resource_name ?? names.get(nameKey(operation));
}

const none: readonly Operation[] = [];

/** The latest work in what the person sees, kept fresh like every list; undefined until it was read. */
export function useLatestWork(): readonly Operation[] | undefined {
  const { account, api } = useCurrent();
  const isSeen = kindsOfWork.some(useSees());
  const { data } = useQuery({
    queryKey: [account.id, 'operations', { isLatest: true }],
    meta: { requests: 3 },
    queryFn: async ({ signal }) => {
      const ask = async (input: { status?: 'open' | 'failed' } = {}) =>
        (await api.listOperations({ ...input, limit: perPage }, { signal })).data;
      const open = await ask({ status: 'open' });
      const recent = await ask();
      const oldest = recent.at(-1)?.created_at ?? '';
      const isAll = recent.length < perPage || Date.now() - Date.parse(oldest) > failedForMs;
      const failed = isAll ? [] : await ask({ status: 'failed' });
      const all = allWork({ open, recent, failed });
      for (const operation of all)
        if (operation.resource_name !== undefined) names.set(nameKey(operation), operation.resource_name);
      return { all };
    },
    enabled: isSeen,
  });
  return isSeen ? data?.all : none;
}

/** What the tray of activity shows: the person's own work wherever it is seen, or all of the project that is looked at. */
export function useWorkUnderWay(): WorkUnderWay | undefined {
  const { session } = useCurrent();
  const { has } = useScope();
  const all = useLatestWork();
  const whose = useTold(whoseWork);
  useTold(dismissed);
  const personId = session.user.id;
  const isDismissed = dismissedBy(personId);
  return useMemo(() => {
    const shown = all?.filter((operation) => (whose === 'mine' ? operation.created_by === personId : has(operation)));
    return shown && workUnderWay(shown, isDismissed, Date.now());
  }, [all, whose, has, personId, isDismissed]);
}
