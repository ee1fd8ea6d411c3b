import { Button, Menu, NativeSelect, Pagination, SegmentedControl } from '@mantine/core';
import type { CostsByDay, ProjectCost, ResourceCost } from '@raffia/client/client.ts';
import { type BilledKind, billedKinds } from '@raffia/contract/enums.ts';
import { ChevronDown, Download, Lock, ReceiptText } from 'lucide-react';
import { lazy, Suspense, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { useCosts, useCostsByDay, useCostsByProject } from '../../api/costs.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { kindsIn, kindWords } from '../../parts/billed-kinds.ts';
import { csv, saveCsv } from '../../parts/csv.ts';
import { DayField } from '../../parts/day-field.tsx';
import { dayWord, shortDayWord } from '../../parts/days.ts';
import { FactsCard } from '../../parts/facts-card.tsx';
import { forecastOf } from '../../parts/forecast.ts';
import { EmptyState, ErrorNotice, Loaded } from '../../parts/notices.tsx';
import { plural } from '../../parts/plural.ts';
import { spent } from '../../parts/price.ts';
import { lacks } from '../../parts/refusals.ts';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useProjectName } from '../../parts/use-project-name.ts';
import { averageOf } from './cost-figures.ts';
import { UsageHead } from './head.tsx';
import { type Period, periodOf, periods } from './periods.ts';
import classes from './usage.module.css';

const DailyCosts = lazy(() => import('./daily-costs.tsx'));
const perPage = 50;
const about = 'What your resources cost for the time they existed, deleted ones included.';

/** What was spent in a time that the address names. */
export default function Costs() {
  const may = useMay();
  if (may('account.billing.view')) return <Spent />;
  return (
    <>
      <UsageHead current="costs" about={about} />
      <EmptyState icon={Lock} title="You can't view costs">
        {lacks('account.billing.view')}
      </EmptyState>
    </>
  );
}

/** The days and the project that the address names. */
function useAsked() {
  const [search, setSearch] = useSearchParams();
  const change = (values: Readonly<Record<string, string | null>>) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(values)) {
          if (value === null || value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  const period = periodOf(search, Date.now());
  const project = search.get('project');
  const page = Math.max(1, Number(search.get('page') ?? 1) || 1);
  return { period, project, page, change };
}

function Spent() {
  const { api } = useCurrent();
  const { period, project, change } = useAsked();
  const { since, until } = period;
  const nameOf = useProjectName();
  const input = { since, until, ...(project === null ? {} : { project_id: project }) };
  const costs = useCostsByDay(input);
  const projects = useCostsByProject({ since, until });
  const saved = useChange(
    async (what: 'days' | 'resources') => {
      if (what === 'days') {
        const { days } = (await api.getCostsByDay(input)).data;
        const rows = days.map(({ day, total, kinds }) => ({ day, ...kinds, total }));
        saveCsv('costs-by-day', csv(['day', ...billedKinds, 'total'], rows));
        return;
      }
      const rows = [];
      for await (const one of api.each('listCostsByResource', input)) {
        const { project_id = '', exists } = one;
        rows.push({ ...one, project_id, project: nameOf(one.project_id), state: exists ? 'exists' : 'deleted' });
      }
      saveCsv('costs-by-resource', csv(resourceFields, rows));
    },
    { stale: [] },
  );
  return (
    <>
      <UsageHead
        current="costs"
        about={about}
        action={
          <Menu position="bottom-end">
            <Menu.Target>
              <Button
                variant="default"
                leftSection={<Download size={16} aria-hidden />}
                rightSection={<ChevronDown size={14} aria-hidden />}
                loading={saved.isPending}
              >
                Export
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => saved.mutate('days')}>Days as CSV</Menu.Item>
              <Menu.Item onClick={() => saved.mutate('resources')}>Resources as CSV</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        }
      />
      <ErrorNotice error={saved.error} />
      <Choice period={period} project={project} projects={projects.data ?? []} onChange={change} />
      <Loaded query={costs} shape="cards">
        {(data) =>
          Number(data.total) === 0 ? (
            <EmptyState icon={ReceiptText} title="Nothing was spent on these days">
              VMs, volumes, snapshots, reserved public IPs and backups over 3 per VM appear here from their first
              minute. Choose other dates to see more.
            </EmptyState>
          ) : (
            <div className={classes.parts}>
              {data.complete_since !== undefined && since < data.complete_since && (
                <p className={classes.hint} role="note">
                  This cloud keeps what ended for some time only. Amounts before {dayWord(data.complete_since)} may be
                  too low.
                </p>
              )}
              <FactsCard
                facts={[
                  { label: 'Spent', value: spent(Number(data.total)) },
                  { label: 'A day, on average', value: spent(averageOf(data)) },
                  ...(period.name === 'this-month' ? forecastFact(data) : []),
                  ...kindsIn(data).map((kind) => ({
                    label: kindWords[kind].many,
                    value: spent(Number(data.kinds[kind])),
                  })),
                ]}
              />
              <Suspense fallback={<Skeleton shape="cards" isWithHead={false} />}>
                <DailyCosts costs={data} />
              </Suspense>
              {project === null && (
                <section aria-labelledby="by-project">
                  <h2 id="by-project" className={classes.title}>
                    By project
                  </h2>
                  <Loaded query={projects}>{(list) => <Projects list={list} onChange={change} />}</Loaded>
                </section>
              )}
              <Resources input={input} />
            </div>
          )
        }
      </Loaded>
    </>
  );
}

function forecastFact(costs: CostsByDay) {
  const forecast = forecastOf(costs);
  if (forecast === undefined) return [];
  return [{ label: `By ${shortDayWord(forecast.until)}, if nothing changes`, value: spent(forecast.amount) }];
}

const spanWord = ({ since, until }: Period) => `${dayWord(since)} to ${dayWord(until)}`;

/** Which days, and of which project. */
function Choice({
  period,
  project,
  projects,
  onChange,
}: {
  period: Period;
  project: string | null;
  projects: readonly ProjectCost[];
  onChange: (values: Readonly<Record<string, string | null>>) => void;
}) {
  const { projects: known } = useScope();
  const nameOf = useProjectName();
  const today = new Date().toISOString().slice(0, 10);
  const ids = new Set([...known.map(({ id }) => id), ...projects.flatMap(({ project_id: id }) => id ?? [])]);
  if (project !== null) ids.add(project);
  const day = (field: 'since' | 'until', label: string) => (
    <DayField
      label={label}
      max={today}
      {...(field === 'until' ? { min: period.since } : {})}
      day={period[field]}
      onChange={(next) => onChange({ [field]: next, page: null })}
    />
  );
  return (
    <div className={classes.bar}>
      <SegmentedControl
        aria-label="Period"
        size="xs"
        data={periods.map(({ value, label }) => ({ value, label }))}
        value={period.name}
        onChange={(name) =>
          onChange({
            period: name === 'this-month' ? null : name,
            since: name === 'custom' ? period.since : null,
            until: name === 'custom' ? period.until : null,
            page: null,
          })
        }
      />
      {period.name === 'custom' && (
        <>
          {day('since', 'From')}
          {day('until', 'To')}
        </>
      )}
      <NativeSelect
        size="xs"
        aria-label="Project"
        data={[{ value: '', label: 'All projects' }, ...[...ids].map((id) => ({ value: id, label: nameOf(id) }))]}
        value={project ?? ''}
        onChange={(event) => onChange({ project: event.currentTarget.value, page: null })}
      />
      <span className={classes.when}>{spanWord(period)}, in UTC</span>
    </div>
  );
}

/** What each project cost; its name narrows everything to it. */
function Projects({
  list,
  onChange,
}: {
  list: readonly ProjectCost[];
  onChange: (values: Readonly<Record<string, string | null>>) => void;
}) {
  const nameOf = useProjectName();
  const [search] = useSearchParams();
  const total = list.reduce((sum, { cost }) => sum + Number(cost), 0);
  const columns = useMemo(
    (): readonly Column<ProjectCost>[] => [
      { id: 'project', title: 'Project', priority: 1, width: 220, cell: () => null },
      {
        id: 'resources',
        title: 'Resources',
        priority: 5,
        width: 110,
        isFigure: true,
        cell: ({ resources }) => resources.toLocaleString('en'),
      },
      {
        id: 'share',
        title: 'Share',
        priority: 6,
        width: 90,
        isFigure: true,
        cell: ({ cost }) => (total === 0 ? '–' : `${Math.round((Number(cost) / total) * 100)} %`),
      },
      { id: 'cost', title: 'Cost', priority: 3, width: 110, isFigure: true, cell: ({ cost }) => spent(Number(cost)) },
    ],
    [total],
  );
  const addressOf = ({ project_id: id }: ProjectCost) => {
    if (id === undefined) return undefined;
    const next = new URLSearchParams(search);
    next.delete('page');
    next.set('project', id);
    return `?${next}`;
  };
  return (
    <ResourceTable
      label="Costs by project"
      things="projects"
      columns={columns}
      items={list}
      idOf={({ project_id: id }) => id ?? 'unknown'}
      nameOf={({ project_id: id }) => nameOf(id)}
      linkOf={addressOf}
      onClear={() => onChange({ project: null })}
    />
  );
}

const pages: Readonly<Record<BilledKind, (id: string) => string>> = {
  vm: (id) => `vms/${id}`,
  volume: (id) => `volumes/${id}`,
  address: () => 'networks/ips',
  snapshot: () => 'snapshots',
  image: () => 'images',
  backup: () => 'backups',
};

const resourceFields = ['project', 'project_id', 'kind', 'name', 'id', 'first_at', 'last_at', 'state', 'cost'] as const;

/** What each resource cost, also those that are gone. */
function Resources({ input }: { input: { since: string; until: string; project_id?: string } }) {
  const { projects, to } = useScope();
  const { page, change } = useAsked();
  const nameOf = useProjectName();
  const asked = { ...input, limit: perPage, offset: (page - 1) * perPage };
  const query = useCosts('resources', asked, (api, signal) => api.listCostsByResource(asked, { signal }));
  const isOfOne = input.project_id !== undefined;
  const columns = useMemo(
    (): readonly Column<ResourceCost>[] => [
      { id: 'name', title: 'Name', priority: 1, width: 190, cell: () => null },
      { id: 'kind', title: 'Kind', priority: 2, width: 110, cell: ({ kind }) => kindWords[kind].one },
      {
        id: 'project',
        title: 'Project',
        priority: 5,
        width: 150,
        ...(isOfOne ? { isHidden: true as const } : {}),
        cell: ({ project_id: id }) => nameOf(id),
      },
      { id: 'from', title: 'From', priority: 6, width: 110, cell: ({ first_at: at }) => <Day time={at} /> },
      { id: 'to', title: 'To', priority: 6, width: 110, cell: ({ last_at: at }) => <Day time={lastMoment(at)} /> },
      { id: 'state', title: 'State', priority: 4, width: 90, cell: ({ exists }) => (exists ? 'Exists' : 'Deleted') },
      { id: 'cost', title: 'Cost', priority: 3, width: 110, isFigure: true, cell: ({ cost }) => spent(Number(cost)) },
    ],
    [isOfOne, nameOf],
  );
  return (
    <section aria-labelledby="by-resource">
      <h2 id="by-resource" className={classes.title}>
        By resource {query.data !== undefined && <span>{plural(query.data.total, 'resource')}</span>}
      </h2>
      <Loaded query={query}>
        {({ data, total }) => (
          <ResourceTable
            label="Costs by resource"
            things="resources"
            columns={columns}
            items={data}
            idOf={({ kind, id }) => `${kind} ${id}`}
            nameOf={({ name }) => name}
            linkOf={({ kind, id, exists, project_id }) =>
              exists
                ? to(
                    'project',
                    pages[kind](id),
                    projects.find((one) => one.id === project_id),
                  )
                : undefined
            }
            onClear={() => change({ page: null })}
            {...(total > perPage
              ? {
                  foot: (
                    <Pagination
                      size="sm"
                      total={Math.ceil(total / perPage)}
                      value={page}
                      onChange={(next) => change({ page: next === 1 ? null : String(next) })}
                      getControlProps={(control) => ({ 'aria-label': `${control} page` })}
                    />
                  ),
                }
              : {})}
          />
        )}
      </Loaded>
    </section>
  );
}

const Day = ({ time }: { time: string }) => <time dateTime={time}>{dayWord(time.slice(0, 10))}</time>;

/** What lasted until midnight was there on the day before. */
const lastMoment = (time: string) => new Date(Date.parse(time) - 1).toISOString();
