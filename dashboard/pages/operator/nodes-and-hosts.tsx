import type { CloudStatus } from '@raffia/client/client.ts';
import { useMemo } from 'react';
import { plural } from '../../parts/plural.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { type Shape, State } from '../../parts/state-shape.tsx';
import { TableSection } from '../../parts/table-section.tsx';
import { duration } from '../../parts/times.ts';
import { Told } from './told.tsx';

type Node = NonNullable<CloudStatus['nodes']['told']>[number];
type Member = NonNullable<CloudStatus['hosts']['told']>['members'][number];

const nodeStates: Readonly<Record<Node['state'], { shape: Shape; word: string }>> = {
  live: { shape: 'on', word: 'Serves' },
  alone: { shape: 'attention', word: 'Without Redis' },
  silent: { shape: 'failed', word: 'Silent' },
};

const nodeColumns: readonly Column<Node>[] = [
  { id: 'name', title: 'Node', priority: 1, width: 160, cell: ({ name }) => <b>{name}</b> },
  {
    id: 'state',
    title: 'State',
    priority: 2,
    width: 130,
    cell: ({ state }) => <State shape={nodeStates[state].shape}>{nodeStates[state].word}</State>,
  },
  { id: 'leads', title: 'Leads', priority: 3, width: 80, cell: ({ is_leader: leads }) => (leads ? 'Leads' : '–') },
  {
    id: 'seen',
    title: 'Last heard',
    priority: 4,
    width: 130,
    cell: ({ silent_seconds: s }) => (s < 10 ? 'Just now' : `${duration(s * 1000)} ago`),
  },
  { id: 'version', title: 'Version', priority: 5, width: 90, cell: ({ version }) => version },
  { id: 'roles', title: 'Roles', priority: 5, width: 170, cell: ({ roles }) => roles.join(', ') },
  {
    id: 'address',
    title: 'Address',
    priority: 6,
    width: 180,
    cell: ({ address }) => <span className="mono">{address}</span>,
  },
  { id: 'since', title: 'Since', priority: 6, width: 130, cell: ({ started_at: at }) => <RelativeTime time={at} /> },
];

/** The processes that serve this cloud. */
export function Nodes({ cloud: { nodes, version, started_at: since } }: { cloud: CloudStatus }) {
  return (
    <TableSection title="Nodes">
      <Told part={nodes}>
        {(list) =>
          list.length === 0 ? (
            <State shape="on">
              One server, version {version}, started <RelativeTime time={since} />
            </State>
          ) : (
            <ResourceTable
              label="Nodes"
              things="nodes"
              columns={nodeColumns}
              items={list}
              idOf={({ name }) => name}
              nameOf={({ name }) => name}
            />
          )
        }
      </Told>
    </TableSection>
  );
}

const hostStates: Readonly<Record<Member['state'], { shape: Shape; word: string }>> = {
  online: { shape: 'on', word: 'Takes VMs' },
  offline: { shape: 'failed', word: "Doesn't answer" },
  draining: { shape: 'changing', word: 'Draining' },
  drained: { shape: 'off', word: 'Drained' },
  returning: { shape: 'changing', word: 'Coming back' },
};

const figures = (value: number) => Math.floor(value).toLocaleString('en');

/** What a host gave of what it may, and what it has where that is another number. */
function sold(of: 'cpu' | 'ram' | 'disk', unit: string) {
  return ({ given, offers, has }: Member) => {
    if (given === undefined) return '–';
    const words = `${figures(given[of])}${offers === undefined ? '' : ` of ${figures(offers[of])}`}${unit}`;
    return has === undefined || offers === undefined || has[of] === offers[of]
      ? words
      : `${words} (${figures(has[of])} there)`;
  };
}

/** Members of the engine. */
export function Hosts({ part }: { part: CloudStatus['hosts'] }) {
  const columns = useMemo(
    (): readonly Column<Member>[] => [
      { id: 'name', title: 'Host', priority: 1, width: 140, cell: ({ name }) => <b>{name}</b> },
      {
        id: 'state',
        title: 'State',
        priority: 2,
        width: 140,
        cell: ({ state }) => <State shape={hostStates[state].shape}>{hostStates[state].word}</State>,
      },
      {
        id: 'machines',
        title: 'VMs',
        priority: 3,
        width: 80,
        isFigure: true,
        cell: ({ machines }) => plural(machines, 'VM'),
      },
      { id: 'cpu', title: 'vCPUs sold', priority: 4, width: 150, isFigure: true, cell: sold('cpu', ' vCPUs') },
      { id: 'ram', title: 'RAM sold', priority: 5, width: 170, isFigure: true, cell: sold('ram', ' GB') },
      { id: 'disk', title: 'Disk sold', priority: 5, width: 190, isFigure: true, cell: sold('disk', ' GB') },
      { id: 'message', title: 'Message', priority: 6, width: 180, cell: ({ message }) => message || '–' },
    ],
    [],
  );
  return (
    <TableSection title="Hosts">
      <Told part={part}>
        {({ members }) => (
          <ResourceTable
            label="Hosts"
            things="hosts"
            columns={columns}
            items={members}
            idOf={({ name }) => name}
            nameOf={({ name }) => name}
          />
        )}
      </Told>
    </TableSection>
  );
}
