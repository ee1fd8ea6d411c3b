import { Button, SimpleGrid, Stack, Text } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useCostsByDay } from '../api/costs.ts';
import { useAccount, useApiKeys, useMembers, useOperations, useSshKeys, useVms } from '../api/lists.ts';
import { useProcessorHoursOf } from '../api/processor-hours.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay, useSees } from '../api/session.tsx';
import { useFirstSteps } from '../parts/first-steps.ts';
import { keyState, soonDays } from '../parts/key-life.ts';
import { Loaded, PageHead } from '../parts/notices.tsx';
import { OperationLine } from '../parts/operations.tsx';
import { plural } from '../parts/plural.ts';
import { monthlyOf, spent } from '../parts/price.ts';
import { HoursLine } from '../parts/processor-sparkline.tsx';
import { busiestOf, percent } from '../parts/processor-words.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Shape, StateShape } from '../parts/state-shape.tsx';
import { Strand } from '../parts/strand.tsx';
import type { Counts } from '../parts/strand-segments.ts';
import classes from './overview/overview.module.css';

const soonMs = soonDays * 86_400_000;
const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });

export default function Overview() {
  const { account } = useCurrent();
  const { project, to } = useScope();
  const may = useMay();
  const sees = useSees();
  const create = may('vm.create', project?.id) && (
    <Button component={Link} to={to('project', 'vms/new')} leftSection={<Plus size={16} aria-hidden />}>
      Create VM
    </Button>
  );
  return (
    <Stack>
      <PageHead
        title={project?.name ?? account.name}
        about={
          account.role_name === undefined
            ? `You are a member of ${plural(account.projects.length, 'project')}`
            : `You are ${account.role_name}`
        }
        action={create}
      />
      <FirstSteps />
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
        {sees('vm') && <Machines />}
        <Quota />
      </SimpleGrid>
      <div className={classes.columns}>
        <div className={classes.column}>
          <Attention />
          {sees('vm') && <Busiest />}
        </div>
        {sees('vm') && <Recent />}
      </div>
    </Stack>
  );
}

function Card({ title, link, children }: { title: string; link?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.card}>
      <header>
        <h2>{title}</h2>
        {link}
      </header>
      {children}
    </section>
  );
}

/** A number with what it is made of: a strand, and the same in words. */
function Figure({
  title,
  value,
  of,
  counts,
  words,
  to,
}: {
  title: string;
  value: string;
  of?: string;
  counts?: Counts;
  words: string;
  to?: string;
}) {
  return (
    <section className={classes.figure}>
      <h2>{title}</h2>
      <p className={classes.value}>
        {to === undefined ? value : <Link to={to}>{value}</Link>}
        {of !== undefined && <small> {of}</small>}
      </p>
      {counts !== undefined && <Strand counts={counts} label={`${title}: ${words}`} />}
      <p className={classes.words}>{words}</p>
    </section>
  );
}

const groups = [
  { word: 'running', kind: 'done', statuses: ['active'] },
  { word: 'changing', kind: 'changing', statuses: ['initiating', 'provisioning', 'booting', 'finalizing'] },
  { word: 'stopped', kind: 'off', statuses: ['passive'] },
  { word: 'failed', kind: 'failed', statuses: ['failure'] },
] as const;

function Machines() {
  const vms = useVms();
  const may = useMay();
  const { to, has } = useScope();
  if (vms.data === undefined) return <Loaded query={vms}>{() => null}</Loaded>;
  const list = vms.data.filter(has);
  const counted = groups.map(({ word, kind, statuses }) => ({
    word,
    kind,
    count: list.filter(({ status }) => (statuses as readonly string[]).includes(status)).length,
  }));
  const there = counted.filter(({ count }) => count > 0);
  const price = list
    .filter(({ status }) => status !== 'failure')
    .reduce((sum, vm) => sum + monthlyOf(vm.price_per_hour), 0);
  return (
    <>
      <Figure
        title="Virtual machines"
        value={String(list.length)}
        counts={Object.fromEntries(counted.map(({ kind, count }) => [kind, count]))}
        words={there.length === 0 ? 'None yet' : there.map(({ count, word }) => `${count} ${word}`).join(', ')}
        to={to('project', 'vms')}
      />
      {may('account.billing.view') ? (
        <Spent vms={price} />
      ) : (
        <Figure
          title="VMs, a month"
          value={dollars.format(price)}
          words="Plans and disks, at today's prices"
          to={to('project', 'vms?sort=-monthly')}
        />
      )}
    </>
  );
}

/** What this month cost until now, deleted things included. */
function Spent({ vms }: { vms: number }) {
  const { project, to } = useScope();
  const costs = useCostsByDay(project === undefined ? {} : { project_id: project.id });
  if (costs.data === undefined) return <Loaded query={costs}>{() => null}</Loaded>;
  return (
    <Figure
      title="Spent this month"
      value={spent(Number(costs.data.total))}
      words={`VMs cost ${dollars.format(vms)} a month at today's prices`}
      to={to('account', project === undefined ? 'usage' : `usage?project=${project.id}`)}
    />
  );
}

function Quota() {
  const account = useAccount();
  if (account.data === undefined) return <Loaded query={account}>{() => null}</Loaded>;
  const { quota, balance } = account.data;
  const limited = (title: string, unit: string, { used, limit }: { used: number; limit: number | null }) => (
    <Figure
      title={title}
      value={`${used.toLocaleString('en')}${unit}`}
      {...(limit === null
        ? { words: 'In this account, no limit' }
        : {
            of: `of ${limit.toLocaleString('en')}`,
            counts: { done: used, open: Math.max(0, limit - used) },
            words: `${Math.max(0, limit - used).toLocaleString('en')} left in this account`,
          })}
    />
  );
  return (
    <>
      {limited('vCPUs in use', '', quota.vcpus)}
      {balance === undefined ? (
        limited('Memory in use', ' GB', quota.ram_gb)
      ) : (
        <Figure title="Balance" value={dollars.format(Number(balance))} words="What is left to spend" />
      )}
    </>
  );
}

interface Concern {
  readonly key: string;
  readonly shape: Shape;
  readonly name: string;
  readonly to: string;
  readonly words: ReactNode;
}

/** What a person should look at: machines that failed, keys that are about to expire. Absent where there is nothing. */
function Attention() {
  const keys = useApiKeys();
  const vms = useVms();
  const { to, toThing, has } = useScope();
  const failed = (vms.data ?? []).filter((vm) => vm.status === 'failure' && has(vm));
  const ending = (keys.data ?? []).filter(
    (key) => key.expires_at !== undefined && key.is_active && Date.parse(key.expires_at) - Date.now() < soonMs,
  );
  const concerns: Concern[] = [
    ...failed.map((vm: VM) => ({
      key: vm.id,
      shape: 'failed' as const,
      name: vm.name,
      to: toThing(`vms/${vm.id}`, vm.project_id),
      words: vm.status_reason ?? 'failed',
    })),
    ...ending.map((key) => ({
      key: key.id,
      shape: 'attention' as const,
      name: key.name,
      to: to('account', `api-keys/${key.id}`),
      words: (
        <>
          {keyState(key) === 'expired' ? 'expired' : 'expires'} <RelativeTime time={key.expires_at ?? ''} />
        </>
      ),
    })),
  ];
  if (concerns.length === 0) return null;
  return (
    <Card title="Needs attention">
      <ul className={classes.list}>
        {concerns.map(({ key, shape, name, to: address, words }) => (
          <li key={key}>
            <StateShape shape={shape} />
            <span>
              <Link to={address}>
                <bdi>{name}</bdi>
              </Link>{' '}
              {words}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Which machines use most of their processors. Absent where nothing is measured, and where so many run that one request does not tell. */
function Busiest() {
  const vms = useVms();
  const { toThing, has } = useScope();
  const running = (vms.data ?? []).filter((vm) => vm.status === 'active' && has(vm));
  const busiest = busiestOf(useProcessorHoursOf(running.map(({ id }) => id)), 5);
  if (busiest.length === 0) return null;
  return (
    <Card title="Busiest VMs" link={<span className={classes.unit}>CPU, last hour</span>}>
      <ul className={classes.list}>
        {busiest.map(({ id, hours }) => {
          const vm = running.find((one) => one.id === id);
          return (
            vm !== undefined && (
              <li key={id} className={classes.busy}>
                <Link to={toThing(`vms/${id}`, vm.project_id)}>
                  <bdi>{vm.name}</bdi>
                </Link>
                <HoursLine hours={hours} />
                <b>{percent(hours.last)}</b>
              </li>
            )
          );
        })}
      </ul>
    </Card>
  );
}

function Recent() {
  const operations = useOperations({ limit: 10 });
  const { has, to } = useScope();
  return (
    <Card
      title="Recent activity"
      link={
        <Link to={to('account', 'audit')} className={classes.more}>
          Audit log
        </Link>
      }
    >
      <Loaded query={operations}>
        {(all) => {
          const list = all.filter(has);
          return list.length === 0 ? (
            <Text size="sm" c="dimmed" p="md">
              No activity yet. Everything that you and your keys do appears here.
            </Text>
          ) : (
            <ul className={classes.list}>
              {list.map((operation) => (
                <li key={operation.id}>
                  <OperationLine operation={operation} />
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Card>
  );
}

/** What a new account does first, in any order, as its things say it: it goes when the first VM is there. */
function FirstSteps() {
  const { to } = useScope();
  const may = useMay();
  const { isDue, isHidden, setHidden } = useFirstSteps();
  const sshKeys = useSshKeys();
  const apiKeys = useApiKeys();
  const members = useMembers();
  if (!isDue || isHidden) return null;
  const steps = [
    {
      title: 'Add an SSH key',
      about: 'New VMs let you in with it',
      isDone: (sshKeys.data ?? []).length > 0,
      isAllowed: may('account.settings.manage'),
      to: to('account', 'ssh-keys?new'),
    },
    {
      title: 'Create your first VM',
      about: 'It starts in under a minute',
      isDone: false,
      isAllowed: may('vm.create'),
      to: to('project', 'vms/new'),
    },
    {
      title: 'Create an API key',
      about: 'For scripts, Terraform and CI',
      isDone: (apiKeys.data ?? []).some(({ last_used_at }) => last_used_at !== undefined),
      isAllowed: may('account.apikeys.create'),
      to: to('account', 'api-keys?new'),
    },
    {
      title: 'Invite a colleague',
      about: 'With one project or the whole account',
      isDone: (members.data ?? []).length > 1,
      isAllowed: may('account.members.invite'),
      to: to('account', 'team/members?new'),
    },
  ].filter(({ isAllowed }) => isAllowed);
  if (steps.length === 0) return null;
  const done = steps.filter(({ isDone }) => isDone).length;
  return (
    <section className={classes.card}>
      <header>
        <h2>Your cloud is ready</h2>
        <span className={classes.progress}>
          <Strand
            counts={{ done, open: steps.length - done }}
            label={`${done} of ${steps.length} first steps done`}
            progress={{ now: done, of: steps.length }}
          />
        </span>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setHidden(true)}>
          Hide this list
        </Button>
      </header>
      <ol className={classes.steps}>
        {steps.map(({ title, about, isDone, to: address }) => (
          <li key={title} data-done={isDone || undefined}>
            <StateShape shape={isDone ? 'done' : 'waiting'} />
            <span>
              <Link to={address}>{title}</Link>
              <small>{about}</small>
              <span className="visually-hidden">{isDone ? ', done' : ', open'}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
