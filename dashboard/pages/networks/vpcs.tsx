import type { VPC } from '@raffia/client/client.ts';
import { Network, SquareArrowOutUpRight } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useInterfaces } from '../../api/interfaces.ts';
import { useVpcs } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { namesOf } from '../../parts/bulk.ts';
import { sinceColumn, useProjectColumn } from '../../parts/columns.tsx';
import { CopyIcon } from '../../parts/copy.tsx';
import { ColumnsMenu, FilterBar } from '../../parts/filter-bar.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { NatGateway } from '../../parts/nat-gateway.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import type { Act } from '../../parts/row-menu.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import { useVpcActs } from '../../parts/use-vpc-acts.tsx';

const gateways = [
  { value: 'nat', label: 'On' },
  { value: 'none', label: 'None' },
];
const uses = [
  { value: 'used', label: 'With VMs' },
  { value: 'empty', label: 'Without VMs' },
];

function useColumns(namesIn: (vpc: VPC) => readonly string[]): readonly Column<VPC>[] {
  const inProject = useProjectColumn<VPC>(5);
  return useMemo((): readonly Column<VPC>[] => {
    return [
      { id: 'name', title: 'Name', priority: 1, width: 160, sort: ({ name }) => name, cell: () => null },
      {
        id: 'used',
        title: 'In use',
        priority: 2,
        width: 120,
        sort: ({ used_ips = 0, total_ips = 1 }) => used_ips / total_ips,
        cell: ({ used_ips = 0, total_ips = 0 }) =>
          `${used_ips.toLocaleString('en')} of ${total_ips.toLocaleString('en')}`,
      },
      {
        id: 'block',
        title: 'Block',
        priority: 3,
        width: 160,
        sort: ({ cidr }) =>
          cidr
            .split(/[./]/)
            .map((part) => part.padStart(3, '0'))
            .join('.'),
        cell: ({ name, cidr }) => (
          <span className="copyable">
            <span className="mono">{cidr}</span>
            <span className="on-row">
              <CopyIcon value={cidr} label={`Copy the block of ${name}`} />
            </span>
          </span>
        ),
      },
      {
        id: 'vms',
        title: 'VMs',
        priority: 4,
        width: 200,
        cell: (vpc) => {
          const names = namesIn(vpc);
          return names.length === 0 ? '–' : <span title={names.join(', ')}>{namesOf(names, 2)}</span>;
        },
      },
      {
        id: 'nat',
        title: 'NAT gateway',
        priority: 4,
        width: 150,
        sort: ({ gateway_type }) => gateway_type,
        cell: (vpc) => <NatGateway vpc={vpc} />,
      },
      inProject,
      {
        id: 'dns',
        title: 'DNS',
        priority: 6,
        width: 110,
        cell: ({ dns }) => <span className="mono">{dns ?? '–'}</span>,
      },
      sinceColumn({ id: 'created', title: 'Created', priority: 6, width: 110 }),
      {
        id: 'gateway',
        title: 'Gateway',
        priority: 6,
        width: 130,
        isHidden: true,
        cell: ({ gateway }) => <span className="mono">{gateway ?? '–'}</span>,
      },
      { id: 'region', title: 'Region', priority: 6, width: 100, isHidden: true, cell: ({ region }) => region },
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 300,
        isHidden: true,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ];
  }, [inProject, namesIn]);
}

/** Private networks of the projects that are looked at. */
export function Vpcs({ create }: { create: ReactNode }) {
  const vpcs = useVpcs();
  const { has, project } = useScope();
  return (
    <ListStates
      query={vpcs}
      things="VPCs"
      filter={has}
      empty={
        <EmptyState icon={Network} title={`No VPCs in ${project?.name ?? 'any project'}`} action={create}>
          In a VPC your VMs reach each other by private addresses, and nothing else does. It costs nothing.
        </EmptyState>
      }
    >
      {(list) => <VpcList list={list} />}
    </ListStates>
  );
}

function VpcList({ list }: { list: readonly VPC[] }) {
  const { toThing } = useScope();
  const { nics } = useInterfaces();
  const namesIn = useMemo(() => {
    const found = Map.groupBy(nics, ({ vpc_id }) => vpc_id);
    return ({ id }: VPC) => (found.get(id) ?? []).map(({ vm }) => vm.name).sort();
  }, [nics]);
  const columns = useColumns(namesIn);
  const { actsOf, dialog } = useVpcActs(namesIn);
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const text = q.trim().toLowerCase();
  const [nat, use] = [value('nat', gateways), value('use', uses)];
  const found = useMemo(
    () =>
      list.filter(
        (vpc) =>
          `${vpc.name} ${vpc.cidr} ${vpc.description ?? ''} ${namesIn(vpc).join(' ')} ${vpc.id}`
            .toLowerCase()
            .includes(text) &&
          (nat === null || (vpc.gateway_type ?? 'none') === nat) &&
          (use === null || (use === 'used') === (vpc.used_ips ?? 0) > 0),
      ),
    [list, text, nat, use, namesIn],
  );
  const linkOf = (vpc: VPC) => toThing(`networks/vpcs/${vpc.id}`, vpc.project_id);
  const all = (vpc: VPC): readonly Act[] => [
    { label: 'Open', icon: SquareArrowOutUpRight, to: linkOf(vpc) },
    ...actsOf(vpc),
  ];
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name, block or VM"
        found={found.length}
        total={list.length}
        things="VPCs"
        filters={[
          { label: 'Use', value: use, options: uses, onChange: (next) => set('use', next) },
          { label: 'NAT gateway', value: nat, options: gateways, onChange: (next) => set('nat', next) },
        ]}
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="VPCs"
        things="VPCs"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        linkOf={linkOf}
        actsOf={all}
        chosen={chosen}
        onClear={() => clear(['q', 'nat', 'use'])}
      />
      {dialog}
    </>
  );
}
