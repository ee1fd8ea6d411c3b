import { Button, Group, Title } from '@mantine/core';
import type { ListSessionsAnswer } from '@raffia/client/client.ts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { LogOut } from 'lucide-react';
import { auth } from '../../api/auth.ts';
import { openClient, queryClient } from '../../api/session.tsx';
import { ErrorNotice, Loaded } from '../../parts/notices.tsx';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { TagChip } from '../../parts/tag-chip.tsx';
import { toast } from '../../parts/toast.tsx';
import { browserOf } from './browser-of.ts';

type Session = ListSessionsAnswer['data'][number];

const columns: readonly Column<Session>[] = [
  {
    id: 'browser',
    title: 'Browser',
    priority: 1,
    width: 220,
    cell: ({ user_agent, is_current }) => (
      <>
        <b>{browserOf(user_agent)}</b> {is_current && <TagChip kind="accent">this session</TagChip>}
      </>
    ),
  },
  {
    id: 'from',
    title: 'From',
    priority: 3,
    width: 160,
    cell: ({ address }) => <span className="mono">{address ?? '–'}</span>,
  },
  {
    id: 'since',
    title: 'Signed in',
    priority: 2,
    width: 140,
    cell: ({ created_at }) => <RelativeTime time={created_at} />,
  },
];

/** Where the person is signed in, and the way to end that. */
export function Sessions() {
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: async () => (await openClient.listSessions()).data });
  const again = () => queryClient.invalidateQueries({ queryKey: ['sessions'] });
  const end = useMutation({
    mutationFn: ({ id }: Session) => auth('revoke-session', { id }),
    onSuccess: (_, { user_agent }) => {
      void again();
      toast(`${browserOf(user_agent)} is signed out`);
    },
  });
  const endOthers = useMutation({
    mutationFn: () => auth('revoke-other-sessions', {}),
    onSuccess: () => {
      void again();
      toast('Your other sessions are signed out');
    },
  });
  const endAll = useMutation({
    mutationFn: () => auth('revoke-sessions', {}),
    onSuccess: () => {
      queryClient.clear();
      location.assign('/sign-in');
    },
  });
  return (
    <section aria-labelledby="sessions">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4" id="sessions">
          Sessions
        </Title>
        <Group gap="xs">
          {(sessions.data?.length ?? 0) > 1 && (
            <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
              Sign out other sessions
            </Button>
          )}
          <Button variant="default" loading={endAll.isPending} onClick={() => endAll.mutate()}>
            Sign out everywhere
          </Button>
        </Group>
      </Group>
      <ErrorNotice error={end.error ?? endOthers.error ?? endAll.error} />
      <Loaded query={sessions}>
        {(list) => (
          <ResourceTable
            label="Sessions"
            things="sessions"
            columns={columns}
            items={list}
            idOf={({ id }) => id}
            nameOf={({ user_agent }) => browserOf(user_agent)}
            actsOf={(session) => [
              {
                label: 'Sign out',
                icon: LogOut,
                refused: session.is_current ? "You're in this session. Sign out in the account menu." : undefined,
                onSelect: () => end.mutate(session),
              },
            ]}
          />
        )}
      </Loaded>
    </section>
  );
}
