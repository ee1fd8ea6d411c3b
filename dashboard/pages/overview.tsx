import { Button, SimpleGrid, Stack, Text } from '@mantine/core';
import { Plus } from 'lucide-react';
import { Link } from 'react-router';
import { useAccount, useApiKeys, useMembers, useOperations, useSshKeys, useVms } from '../api/lists.ts';
import { useProcessorHoursOf } from '../api/processor-hours.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay, useSees } from '../api/session.tsx';
import { useFirstSteps } from '../parts/first-steps.ts';
import { Loaded, PageHead } from '../parts/notices.tsx';
import { OperationLine } from '../parts/operations.tsx';
import { plural } from '../parts/plural.ts';
import { inDollars, monthlyOf } from '../parts/price.ts';
import { HoursLine } from '../parts/processor-sparkline.tsx';
import { busiestOf, percent } from '../parts/processor-words.ts';
import { StateShape } from '../parts/state-shape.tsx';
import { Strand } from '../parts/strand.tsx';
import { Attention } from './overview/attention.tsx';
import { Card, Figure } from './overview/cards.tsx';
import classes from './overview/overview.module.css';
import { SpentFigure, SpentWhere } from './overview/spent.tsx';

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
          {may('account.billing.view') && <SpentWhere />}
        </div>
        {sees('vm') && <Recent />}
      </div>
    </Stack>
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
        <SpentFigure />
      ) : (
        <Figure
          title="VMs, a month"
          value={inDollars(price)}
          words="Plans and disks, at today's prices"
          to={to('project', 'vms?sort=-monthly')}
        />
      )}
    </>
  );
}

function Quota() {
  const account = useAccount();
  const { to } = useScope();
  if (account.data === undefined) return <Loaded query={account}>{() => null}</Loaded>;
  const { quota, balance } = account.data;
  const limited = (title: string, unit: string, { used, limit }: { used: number; limit: number | null }) => (
    <Figure
      title={title}
      value={`${used.toLocaleString('en')}${unit}`}
      to={to('account', 'settings')}
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
        <Figure
          title="Balance"
          value={inDollars(Number(balance))}
          words="What is left to spend"
          to={to('account', 'usage')}
        />
      )}
    </>
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
              <li key={id} className={classes.measured}>
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
