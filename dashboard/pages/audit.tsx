import { Button, Drawer, Group, Pagination } from '@mantine/core';
import type { AuditEntry, ListAuditEntriesInput } from '@raffia/client/client.ts';
import { Download, ScrollText, SquareArrowOutUpRight, UserSearch } from 'lucide-react';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { dayNamed } from '../addresses.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { csv, saveCsv } from '../parts/csv.ts';
import { DayField } from '../parts/day-field.tsx';
import { dayAfter, localDay, startOfDay } from '../parts/days.ts';
import { FilterBar } from '../parts/filter-bar.tsx';
import { EmptyState, ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import { exactTime } from '../parts/times.ts';
import { useListState } from '../parts/use-list-state.ts';
import { actionWords, auditKinds, originOf } from './audit/action-words.ts';
import { Entry } from './audit/entry.tsx';
import { perPage, useEntries } from './audit/use-entries.ts';
import { useNames } from './audit/use-names.ts';

const exportedFields = [
  'created_at',
  'actor_kind',
  'actor_name',
  'verb',
  'action',
  'resource',
  'resource_id',
  'project',
  'project_id',
  'from',
  'request_id',
  'details',
] as const;
const restMs = 300;

/** What was done in the account, by whom and when; kept when what it was done to is gone. */
export default function Audit() {
  const { api } = useCurrent();
  const { projects } = useScope();
  const [search, setSearch] = useSearchParams();
  const { set, value, clear } = useListState();
  const nameOf = useNames();
  const verb = value('verb', auditKinds);
  const page = Math.max(1, Number(search.get('page') ?? 1) || 1);
  const open = search.get('open');
  const since = dayNamed(search.get('since'));
  const until = dayNamed(search.get('until'));
  const actor = search.get('actor') ?? '';
  // One that was chosen, not looked for.
  const actorId = isId(actor) ? actor.toLowerCase() : undefined;
  // Days are the reader's, as the times in the list are.
  const filter: ListAuditEntriesInput = {
    ...(verb === null ? {} : { verb }),
    ...(actor === '' ? {} : { actor }),
    ...(startOfDay(since) === undefined ? {} : { since: startOfDay(since) as string }),
    ...(dayAfter(until) === undefined ? {} : { until: dayAfter(until) as string }),
  };
  const isFiltered = Object.keys(filter).length > 0;
  const { entries, come, showNew } = useEntries(filter, page);
  const resourceOf = useMemo(
    () =>
      ({ verb: done, resource_id, details }: AuditEntry): string | undefined => {
        const told = details as Readonly<Record<string, unknown>>;
        const named = nameOf(resource_id, done.split('.')[0]);
        const words = [told.name, told.email, told.ip_address];
        // What is about somebody or a VM, and has no name of its own.
        const others = [told.userId, told.keyId, told.vm_id].map((id) =>
          nameOf(typeof id === 'string' ? id : undefined),
        );
        return named ?? [...words, ...others].find((one): one is string => typeof one === 'string');
      },
    [nameOf],
  );
  const projectOf = ({ project_id }: AuditEntry) =>
    projects.find(({ id }) => id === project_id)?.name ?? nameOf(project_id);
  const exported = useChange(
    async () => {
      const rows: Record<(typeof exportedFields)[number], unknown>[] = [];
      for await (const entry of api.each('listAuditEntries', filter))
        rows.push({
          ...entry,
          actor_name: entry.actor_name,
          action: actionWords(entry),
          resource: resourceOf(entry),
          resource_id: entry.resource_id,
          project: projectOf(entry),
          project_id: entry.project_id,
          from: originOf(entry),
          request_id: entry.request_id,
        });
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
  const goTo = (next: number) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (next === 1) after.delete('page');
      else after.set('page', String(next));
      return after;
    });
  const actorName =
    actorId === undefined
      ? undefined
      : (nameOf(actorId) ??
        entries.data?.data.find(({ actor_id }) => actor_id === actorId)?.actor_name ??
        shortId(actorId));
  const columns = useMemo(
    (): readonly Column<AuditEntry>[] => [
      {
        id: 'action',
        title: 'Action',
        priority: 1,
        width: 220,
        cell: (entry) => (
          <span title={`${actionWords(entry)} (${entry.verb})`}>
            <span style={{ color: 'var(--raffia-text)', fontWeight: 500 }}>{actionWords(entry)}</span>{' '}
            <span className="mono" style={{ color: 'var(--raffia-text-3)' }}>
              {entry.verb}
            </span>
          </span>
        ),
      },
      {
        id: 'actor',
        title: 'Actor',
        priority: 2,
        width: 170,
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
        width: 170,
        cell: (entry) =>
          resourceOf(entry) ?? (entry.resource_id ? <span className="mono">{shortId(entry.resource_id)}</span> : '–'),
      },
      {
        id: 'from',
        title: 'From',
        priority: 6,
        width: 130,
        cell: (entry) => <span className="mono">{originOf(entry) ?? '–'}</span>,
      },
      {
        id: 'time',
        title: 'Time',
        priority: 3,
        width: 190,
        cell: ({ created_at }) => <time dateTime={created_at}>{exactTime(created_at)}</time>,
      },
    ],
    [resourceOf],
  );
  const shown = entries.data?.data.find(({ id }) => String(id) === open);
  const total = entries.data?.total;
  const isCapped = entries.data?.total_is_capped === true;
  return (
    <>
      <PageHead
        title="Audit log"
        count={total === undefined ? undefined : `${total.toLocaleString('en')}${isCapped ? '+' : ''}`}
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
        search={actorId === undefined ? actor : ''}
        onSearch={(next) => narrow('actor', next)}
        placeholder="Search actor"
        restMs={restMs}
        found={total ?? 0}
        total={total ?? 0}
        things="entries"
        filters={[
          { label: 'Resource', value: verb, options: auditKinds, onChange: (next) => narrow('verb', next) },
          ...(actorId === undefined || actorName === undefined
            ? []
            : [
                {
                  label: 'Actor',
                  value: actorId,
                  options: [{ value: actorId, label: actorName }],
                  onChange: (next: string | null) => narrow('actor', next),
                },
              ]),
        ]}
      >
        <DayField
          label="From"
          day={since}
          max={until || localDay(new Date())}
          onChange={(next) => narrow('since', next)}
        />
        <DayField label="To" day={until} min={since} onChange={(next) => narrow('until', next)} />
      </FilterBar>
      <div role="status">
        {come !== undefined && (
          <Group justify="center" mb="xs">
            <Button
              variant="default"
              size="xs"
              onClick={() => {
                showNew();
                if (page > 1) goTo(1);
              }}
            >
              {come} new · Show
            </Button>
          </Group>
        )}
      </div>
      <Loaded query={entries}>
        {(list) =>
          list.total === 0 && !isFiltered ? (
            <EmptyState icon={ScrollText} title="No entries">
              Every change that people, keys and your operator make appears here.
            </EmptyState>
          ) : (
            <ResourceTable
              label="Audit log"
              things="entries"
              columns={columns}
              items={list.data}
              idOf={({ id }) => String(id)}
              nameOf={(entry) => `${actionWords(entry)} by ${entry.actor_name}`}
              actsOf={(entry) => [
                { label: 'Details', icon: SquareArrowOutUpRight, onSelect: () => set('open', String(entry.id)) },
                ...(entry.actor_id === undefined || entry.actor_id === actorId
                  ? []
                  : [
                      {
                        label: 'Only this actor',
                        icon: UserSearch,
                        onSelect: () => narrow('actor', entry.actor_id ?? null),
                      },
                    ]),
              ]}
              onOpen={(entry) => set('open', String(entry.id))}
              onClear={() => clear(['verb', 'actor', 'since', 'until', 'page'])}
              {...(list.total > perPage
                ? {
                    foot: (
                      <Pagination
                        size="sm"
                        total={Math.ceil(list.total / perPage)}
                        value={page}
                        onChange={goTo}
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
        title={<span className="mono">{shown?.verb}</span>}
      >
        {shown !== undefined && (
          <Entry
            entry={shown}
            resource={resourceOf(shown) ?? shown.resource_id}
            project={projectOf(shown)}
            nameOf={nameOf}
          />
        )}
      </Drawer>
    </>
  );
}

const isId = (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
const shortId = (id: string) => (id.length > 12 ? `${id.slice(0, 8)}…` : id);
