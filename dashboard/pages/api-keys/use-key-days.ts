import type { KeyDay } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useCurrent } from '../../api/session.tsx';

/** What each key did in the last 24 hours, and from where it was last used. */
export function useKeyDays(): (id: string) => KeyDay | undefined {
  const { account, api } = useCurrent();
  const { data } = useQuery({
    queryKey: [account.id, 'key-usage', 'last-day'],
    queryFn: async ({ signal }) => {
      const days: KeyDay[] = [];
      for await (const day of api.each('listApiKeyDays', undefined, { signal })) days.push(day);
      return days;
    },
    refetchInterval: 60_000,
  });
  return useMemo(() => {
    const days = new Map(data?.map((day) => [day.api_key_id, day]));
    return (id) => days.get(id);
  }, [data]);
}
