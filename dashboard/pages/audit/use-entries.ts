import type { ListAuditEntriesInput } from '@raffia/client/client.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCurrent } from '../../api/session.tsx';
import { newEntries } from './new-entries.ts';

export const perPage = 50;

/**
 * A page of the entries that there were when the list was opened: what comes meanwhile moves nothing, and is counted.
 *
 * @param filter what is asked for
 */
export function useEntries(filter: ListAuditEntriesInput, page: number) {
  const { account, api } = useCurrent();
  const key = JSON.stringify([account.id, filter]);
  const [opened, setOpened] = useState<{ readonly key: string; readonly anchor: number } | null>(null);
  const read = (input: ListAuditEntriesInput) => ({
    queryKey: [account.id, 'audit', input] as const,
    queryFn: ({ signal }: { signal: AbortSignal }) => api.listAuditEntries(input, { signal }),
    placeholderData: keepPreviousData,
  });
  const newest = useQuery(read({ ...filter, limit: perPage }));
  const rows = newest.data?.data ?? [];
  const isThere = newest.data !== undefined && !newest.isPlaceholderData;
  const top = rows[0]?.id ?? 0;
  if (isThere && opened?.key !== key) setOpened({ key, anchor: top });
  const { count, oldest, isMore } = newEntries(rows, isThere && opened?.key === key ? opened.anchor : undefined);
  const isFirst = page === 1 && count === 0;
  const before = oldest === undefined ? {} : { before: oldest };
  const older = useQuery({
    ...read({ ...filter, ...before, limit: perPage, offset: (page - 1) * perPage }),
    enabled: !isFirst,
  });
  return {
    entries: isFirst ? newest : older,
    /** How many came since; `50+` where there are more than a page. */
    come: count === 0 ? undefined : `${count}${isMore ? '+' : ''}`,
    showNew: () => setOpened({ key, anchor: top }),
  };
}
