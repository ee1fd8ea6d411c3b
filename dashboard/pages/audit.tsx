import { Badge, Button, Drawer, Group, Pagination, Stack, Text, TextInput } from '@mantine/core';
import type { AuditEntry, ListAuditEntriesInput } from '@raffia/client/client.ts';
import type { PersonVerb } from '@raffia/contract/enums.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download, ScrollText, SquareArrowOutUpRight } from 'lucide-react';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { useApiKeys, useMembers, useProjects, useVms } from '../api/lists.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { CopyIcon } from '../parts/copy.tsx';
import { csv, saveCsv } from '../parts/csv.ts';
import { dayAfter, localDay, startOfDay } from '../parts/days.ts';
import { FactsCard } from '../parts/facts-card.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { EmptyState, ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { exactTime } from '../parts/times.ts';
import { useListState } from '../parts/use-list-state.ts';

const perPage = 50;
const resources = [
  { value: 'vm', label: 'VMs' },
  { value: 'apikey', label: 'API keys' },
  { value: 'member', label: 'Members' },
  { value: 'invitation', label: 'Invitations' },
  { value: 'role', label: 'Roles' },
  { value: 'project', label: 'Projects' },
  { value: 'sshkey', label: 'SSH keys' },
  { value: 'account', label: 'Account' },
  { value: 'person', label: 'Sign-in' },
] as const;

/** What things are called, where they are still there. */
function useNames(): (id: string | null | undefined) => string | undefined {
  const vms = useVms();
  const keys = useApiKeys();
  const members = useMembers();
  const projects = useProjects();
  return useMemo(() => {
    const names = new Map<string, string>();
    for (const { id, name } of [...(vms.data ?? []), ...(keys.data ?? []), ...(projects.data ?? [])])
      names.set(id, name);
    for (const { id, email } of members.data ?? []) names.set(id, email);
    return (id) => (id === null || id === undefined ? undefined : names.get(id));
  }, [vms.data, keys.data, members.data, projects.data]);
}

const exportedFields = [
  'created_at',
  'actor_kind',
  'actor_name',
  'verb',
  'resource_id',
  'project_id',
  'request_id',
  'details',
] as const;

export default function Audit() {
  const { account, api } = useCurrent();
  const [search, setSearch] = useSearchParams();
  const { set, value, clear } = useListState();
  const nameOf = useNames();
  const verb = value('verb', resources);
  const page = Math.max(1, Number(search.get('page') ?? 1) || 1);
  const open = search.get('open');
  const since = search.get('since') ?? '';
  const until = search.get('until') ?? '';
  const actor = search.get('actor') ?? '';
  // Days are the reader's, as the times in the list are.
  const filter: ListAuditEntriesInput = {
    ...(verb === null ? {} : { verb }),
    ...(actor === '' ? {} : { actor }),
    ...(startOfDay(since) === undefined ? {} : { since: startOfDay(since) as string }),
    ...(dayAfter(until) === undefined ? {} : { until: dayAfter(until) as string }),
  };
  const isFiltered = Object.keys(filter).length > 0;
  const input = { ...filter, limit: perPage, offset: (page - 1) * perPage };
  const entries = useQuery({
    queryKey: [account.id, 'audit', input],
    queryFn: ({ signal }) => api.listAuditEntries(input, { signal }),
    placeholderData: keepPreviousData,
  });
  const exported = useChange(
    async () => {
      const rows: AuditEntry[] = [];
      for await (const entry of api.each('listAuditEntries', filter)) rows.push(entry);
      saveCsv('audit', csv(exportedFields, rows));
    },
    { stale: [] },
  );
  const narrow = (name: string, next: string | null) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete('page');
        if (next === null || next === '') after.delete(name);
        else after.set(name, next);
        return after;
      },
      { replace: true, preventScrollReset: true },
    );
  const columns = useMemo(
    (): readonly Column<AuditEntry>[] => [
      {
        id: 'action',
        title: 'Action',
        priority: 1,
        width: 200,
        cell: (entry) => (
          <>
            <span className="mono">{entry.verb}</span>
            <span className="truncated" style={{ color: 'var(--raffia-text-2)' }}>
              {sentenceOf(entry)}
            </span>
          </>
        ),
      },
      {
        id: 'actor',
        title: 'Actor',
        priority: 2,
        width: 190,
        cell: ({ actor_name, actor_kind }) => (
          <>
            <bdi style={{ color: 'var(--raffia-text)' }}>{actor_name}</bdi>
            {actor_kind !== 'user' && ` · ${actor_kind}`}
          </>
        ),
      },
      {
        id: 'resource',
        title: 'Resource',
        priority: 4,
        width: 190,
        cell: ({ resource_id, details }) => {
          const named = (details as { name?: unknown }).name;
          const name = nameOf(resource_id) ?? (typeof named === 'string' ? named : undefined);
          return name ?? (resource_id ? <span className="mono">{resource_id.slice(0, 8)}…</span> : '–');
        },
      },
      {
        id: 'time',
        title: 'Time',
        priority: 3,
        width: 230,
        cell: ({ created_at }) => <time dateTime={created_at}>{exactTime(created_at)}</time>,
      },
    ],
    [nameOf],
  );
  const shown = entries.data?.data.find(({ id }) => String(id) === open);
  return (
    <>
      <PageHead
        title="Audit log"
        count={entries.data?.total}
        about="Every change in this account, kept after the resource is gone."
        action={
          <Button
            variant="default"
            leftSection={<Download size={16} aria-hidden />}
            loading={exported.isPending}
            onClick={() => exported.mutate()}
          >
            Export as CSV
          </Button>
        }
      />
      <ErrorNotice error={exported.error} />
      <FilterBar
        search={actor}
        onSearch={(next) => narrow('actor', next)}
        placeholder="Search actor"
        found={entries.data?.total ?? 0}
        total={entries.data?.total ?? 0}
        things="entries"
        filters={[{ label: 'Resource', value: verb, options: resources, onChange: (next) => narrow('verb', next) }]}
      >
        <TextInput
          size="xs"
          type="date"
          aria-label="From"
          max={until || localDay(new Date())}
          value={since}
          onChange={(event) => narrow('since', event.currentTarget.value)}
        />
        <TextInput
          size="xs"
          type="date"
          aria-label="To"
          min={since}
          value={until}
          onChange={(event) => narrow('until', event.currentTarget.value)}
        />
      </FilterBar>
      <Loaded query={entries}>
        {({ data, total }) =>
          total === 0 && !isFiltered ? (
            <EmptyState icon={ScrollText} title="No entries">
              Every change that people, keys and your operator make appears here.
            </EmptyState>
          ) : (
            <ResourceTable
              label="Audit log"
              things="entries"
              columns={columns}
              items={data}
              idOf={({ id }) => String(id)}
              nameOf={({ verb: done, actor_name }) => `${done} by ${actor_name}`}
              actsOf={(entry) => [
                { label: 'Details', icon: SquareArrowOutUpRight, onSelect: () => set('open', String(entry.id)) },
              ]}
              onClear={() => clear(['verb', 'actor', 'since', 'until', 'page'])}
              {...(total > perPage
                ? {
                    foot: (
                      <Pagination
                        size="sm"
                        total={Math.ceil(total / perPage)}
                        value={page}
                        onChange={(next) =>
                          setSearch((before) => {
                            const after = new URLSearchParams(before);
                            if (next === 1) after.delete('page');
                            else after.set('page', String(next));
                            return after;
                          })
                        }
                        getControlProps={(control) => ({ 'aria-label': `${control} page` })}
                      />
                    ),
                  }
                : {})}
            />
          )
        }
      </Loaded>
      <Drawer
        opened={shown !== undefined}
        onClose={() => set('open', null)}
        position="right"
        size={480}
        title={shown?.verb ?? ''}
      >
        {shown !== undefined && <Entry entry={shown} name={nameOf(shown.resource_id)} />}
      </Drawer>
    </>
  );
}

/** One change, with all that is known of it. */
function Entry({ entry, name }: { entry: AuditEntry; name: string | undefined }) {
  const sentence = sentenceOf(entry);
  return (
    <Stack>
      {sentence !== undefined && <Text size="sm">{sentence}</Text>}
      <FactsCard
        facts={[
          { label: 'Time', value: exactTime(entry.created_at) },
          { label: 'Actor', value: `${entry.actor_name} (${entry.actor_kind})` },
          { label: 'Resource', value: name ?? entry.resource_id ?? '–', copy: entry.resource_id ?? undefined },
          { label: 'Request ID', value: entry.request_id ?? '–', copy: entry.request_id ?? undefined, isMono: true },
        ]}
      />
      <Group justify="space-between">
        <Badge variant="light" color="gray">
          Details
        </Badge>
        <CopyIcon value={JSON.stringify(entry.details, null, 2)} label="Copy details" />
      </Group>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <pre className="mono" tabIndex={0} style={{ margin: 0, overflow: 'auto' }}>
        {JSON.stringify(entry.details, null, 2)}
      </pre>
    </Stack>
  );
}

const sentences: Readonly<Record<PersonVerb, (who: string) => string>> = {
  'person.sign-in': (who) => `${who} signed in`,
  'person.sign-out': (who) => `${who} signed out`,
  'person.session-end': (who) => `${who} ended sessions`,
  'person.sign-in-failed': (who) => `Somebody failed to sign in as ${who}`,
  'person.check-failed': (who) => `A wrong password or code was given in a session of ${who}`,
  'person.rename': (who) => `${who} has a new name`,
  'person.password': (who) => `${who} has a new password`,
  'person.second-factor-on': (who) => `${who} turned the second factor on`,
  'person.second-factor-off': (who) => `${who} turned the second factor off`,
  'person.backup-codes': (who) => `${who} made new backup codes`,
  'person.single-sign-on': (who) => `${who} linked single sign-on`,
  'person.sign-in-link': (who) => `A sign-in link was made for ${who}`,
  'person.operator-on': (who) => `${who} was made an operator of this cloud`,
  'person.operator-off': (who) => `${who} is no longer an operator of this cloud`,
  'person.machine-delete': (who) => `${who} deleted a found machine of this cloud`,
  'person.link-request': (who) => `Somebody asked for a link to set a new password of ${who}`,
};

/** What happened to a person's way in; and from where, wherever that is known. */
function sentenceOf({ verb, details }: AuditEntry): string | undefined {
  const { email, address } = details as { email?: string; address?: string };
  const sentence = verb in sentences ? sentences[verb as PersonVerb](email ?? 'somebody') : undefined;
  if (address === undefined) return sentence;
  if (sentence === undefined) return address === 'operator' ? undefined : `From ${address}`;
  return `${sentence}${address === 'operator' ? ', by the operator' : `, from ${address}`}`;
}
