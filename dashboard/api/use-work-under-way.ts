import { type Operation, perPage } from '@raffia/client/client.ts';
import { kindsOfWork } from '@raffia/contract/resources.ts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useCurrent, useSees } from './session.tsx';
import { Told, useTold } from './told.ts';
import { type WorkUnderWay, workUnderWay } from './work-under-way.ts';

/** So many are remembered as dismissed, and as ended while the page was open. */
const most = 200;
const dismissedKey = 'raffia.dismissed';

const dismissed = new Told<ReadonlySet<string>>(remembered());

function remembered(): ReadonlySet<string> {
  try {
    return new Set(JSON.parse(localStorage.getItem(dismissedKey) ?? '[]') as string[]);
  } catch {
    return new Set();
  }
}

/** Takes a piece of work that has ended out of the tray, in this browser. */
export function dismissWork(id: string): void {
  const ids = [...dismissed.get(), id].slice(-most);
  localStorage.setItem(dismissedKey, JSON.stringify(ids));
  dismissed.tell(new Set(ids));
}

/**
 * What the tray of activity shows: work that is under way in what the person sees, what of it failed and was not dismissed, and what has
 * ended well while the page was open. Kept fresh like every list; while something is open, its clock goes on each second.
 *
 * @param projectId narrows it to one project
 */
export function useWorkUnderWay(projectId?: string): WorkUnderWay {
  const { session, account, api } = useCurrent();
  const isSeen = kindsOfWork.some(useSees());
  const narrowed = projectId === undefined ? {} : { project_id: projectId };
  const { data } = useQuery({
    queryKey: [account.id, 'operations', { ...narrowed, isOpen: true }],
    meta: { requests: 2 },
    queryFn: async ({ signal }) => {
      const ask = async (status: 'open' | 'failed') =>
        (await api.listOperations({ ...narrowed, status, limit: perPage }, { signal })).data;
      // In this order: what is open no more because it failed is among what failed.
      const open = await ask('open');
      return { open, failed: await ask('failed') };
    },
    enabled: isSeen,
  });
  const work = isSeen ? (data ?? none) : none;
  const ended = useEnded(work.open);
  const isDismissed = useTold(dismissed);
  const now = useNow(work.open.length > 0);
  const personId = session.user.id;
  return useMemo(
    () => workUnderWay({ ...work, ended, dismissed: isDismissed }, personId, now),
    [work, ended, isDismissed, personId, now],
  );
}

const none: { readonly open: readonly Operation[]; readonly failed: readonly Operation[] } = { open: [], failed: [] };

/** What was open before, and is not any more: the newest first. */
function useEnded(open: readonly Operation[]): readonly Operation[] {
  const [ended, setEnded] = useState<readonly Operation[]>([]);
  const before = useRef<readonly Operation[]>([]);
  useEffect(() => {
    const isOpen = new Set(open.map(({ id }) => id));
    const gone = before.current.filter(({ id }) => !isOpen.has(id));
    before.current = open;
    if (gone.length === 0) return;
    const finished_at = new Date().toISOString();
    setEnded((list) => [...gone.map((operation) => ({ ...operation, finished_at })), ...list].slice(0, most));
  }, [open]);
  return ended;
}

function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
