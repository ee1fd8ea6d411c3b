import { Anchor, Stack } from '@mantine/core';
import type { CloudStatus } from '@raffia/client/client.ts';
import { Link } from 'react-router';
import { useCloudStatus } from '../api/operator.ts';
import { useScope } from '../api/scope.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { Loaded, PageHead } from '../parts/notices.tsx';
import { plural } from '../parts/plural.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { Section } from '../parts/section.tsx';
import { type Shape, State } from '../parts/state-shape.tsx';
import { TableSection } from '../parts/table-section.tsx';
import { wordOfVm } from '../parts/vm-status.tsx';
import { Capacity } from './operator/capacity.tsx';
import { Hosts, Nodes } from './operator/nodes-and-hosts.tsx';
import classes from './operator/operator.module.css';
import { Queue } from './operator/queue.tsx';
import { Told } from './operator/told.tsx';

/** How this cloud is, on one page. */
export default function Operator() {
  const status = useCloudStatus();
  return (
    <>
      <PageHead
        title="Cloud status"
        about={
          status.data !== undefined && (
            <>
              Raffia {status.data.version} ·{' '}
              {status.data.engine === 'incus' ? 'machines on hosts' : 'simulated machines'} · running since{' '}
              <RelativeTime time={status.data.started_at} />
            </>
          )
        }
      />
      <Loaded query={status} shape="cards">
        {(cloud) => (
          <Stack>
            <Works cloud={cloud} />
            <div className={classes.columns}>
              <Capacity cloud={cloud} />
              <Queue part={cloud.queue} />
            </div>
            <Nodes cloud={cloud} />
            <Hosts part={cloud.hosts} />
            <Rest cloud={cloud} />
          </Stack>
        )}
      </Loaded>
    </>
  );
}

const shapes: Readonly<Record<string, { shape: Shape; word: string }>> = {
  ready: { shape: 'on', word: 'Works' },
  degraded: { shape: 'attention', word: 'Needs attention' },
  down: { shape: 'failed', word: "Doesn't work" },
};

const partNames: Readonly<Record<string, string>> = {
  database: 'Database',
  worker: 'Worker',
  storage: 'Disk of the database',
  limiter: 'Rate limits',
  engine: 'Engine',
  mail: 'Mail',
};

/** The server's words, as they stand in its log, made a sentence. */
const begun = (words: string) => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;

/** Each part that a request needs, those first that need a look. */
function Works({ cloud: { ready } }: { cloud: CloudStatus }) {
  return (
    <Section title="Parts">
      <Told part={ready}>
        {({ parts }) => (
          <ul className={classes.parts}>
            {parts
              .toSorted((a, b) => Number(a.status === 'ready') - Number(b.status === 'ready'))
              .map(({ name, status, message }) => (
                <li key={name}>
                  <b>{partNames[name] ?? name}</b>
                  <State shape={shapes[status]?.shape ?? 'waiting'}>{shapes[status]?.word ?? status}</State>
                  <span className={classes.words}>{begun(message ?? '')}</span>
                </li>
              ))}
          </ul>
        )}
      </Told>
    </Section>
  );
}

function bytes(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)} GB` : `${Math.ceil(count / 1e6)} MB`;
}

/** What one looks at now and then. */
function Rest({ cloud: { machines, database, backups, mails, found, certificate } }: { cloud: CloudStatus }) {
  const { to } = useScope();
  return (
    <TableSection title="Details">
      <FactsCard
        facts={[
          {
            label: 'VMs',
            value: (
              <Told part={machines}>
                {(counts) => {
                  const there = counts.filter(({ count }) => count > 0);
                  return there.length === 0
                    ? 'None'
                    : there.map(({ status, count }) => `${count} ${wordOfVm(status).toLowerCase()}`).join(', ');
                }}
              </Told>
            ),
          },
          {
            label: 'Found machines',
            value: (
              <Told part={found}>
                {({ machines: count, volumes }) => (
                  <>
                    {count === 0 ? (
                      'None'
                    ) : (
                      <Anchor component={Link} to={to('operator', 'machines')} size="sm">
                        {count}
                      </Anchor>
                    )}
                    {volumes > 0 && `, and ${plural(volumes, 'volume')} (raffia operator volumes)`}
                  </>
                )}
              </Told>
            ),
          },
          {
            label: 'Database',
            value: (
              <Told part={database}>
                {({ bytes: used, free_bytes: free, connections, most_connections: most }) =>
                  `${bytes(used)}${free === undefined ? '' : `, ${bytes(free)} free`} · ${connections} of ${most} connections`
                }
              </Told>
            ),
          },
          {
            label: 'Backups of VMs',
            value: <Told part={backups}>{({ store, problem }) => store ?? problem ?? '–'}</Told>,
          },
          {
            label: 'Backup of this server',
            value: (
              <Told part={backups}>
                {({ of_server_at: at }) => (at === undefined ? 'None by raffia backup' : <RelativeTime time={at} />)}
              </Told>
            ),
          },
          {
            label: 'Mail',
            value: (
              <Told part={mails}>{({ waiting, given_up: givenUp }) => `${waiting} waiting, ${givenUp} given up`}</Told>
            ),
          },
          {
            label: 'Certificate',
            value: (
              <Told part={certificate}>
                {({ is_here: isHere, ends_at: endsAt, failures = 0 }) =>
                  isHere ? (
                    <>
                      {endsAt === undefined ? (
                        'None yet'
                      ) : (
                        <>
                          Ends <RelativeTime time={endsAt} />
                        </>
                      )}
                      {failures > 0 && `, ${plural(failures, 'failed renewal')}`}
                    </>
                  ) : (
                    'TLS ends before this server'
                  )
                }
              </Told>
            ),
          },
        ]}
      />
    </TableSection>
  );
}
