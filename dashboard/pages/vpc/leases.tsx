import { Button } from '@mantine/core';
import type { VPC, VPCDetail } from '@raffia/client/client.ts';
import { limits } from '@raffia/contract/vm-rules.ts';
import { Network, Plus, ShieldCheck, Unlink } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useInterfaces, type VmNic } from '../../api/interfaces.ts';
import { useSecurityGroups } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { AttachGroupDialog } from '../../parts/attach-dialogs.tsx';
import { namesOf } from '../../parts/bulk.ts';
import { CopyIcon } from '../../parts/copy.tsx';
import { DetachNicDialog } from '../../parts/detach-dialogs.tsx';
import { lastRefusal, stateRefusal } from '../../parts/network-words.ts';
import { EmptyState } from '../../parts/notices.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import type { Act } from '../../parts/row-menu.tsx';
import { useRefusal } from '../../parts/use-refusal.ts';
import { VmState } from '../../parts/vm-status.tsx';

interface Lease {
  readonly ip: string;
  readonly nic: VmNic | undefined;
}

function useColumns(): readonly Column<Lease>[] {
  const { toThing } = useScope();
  const groups = useSecurityGroups();
  return useMemo(
    (): readonly Column<Lease>[] => [
      {
        id: 'vm',
        title: 'VM',
        priority: 1,
        width: 180,
        sort: ({ nic }) => nic?.vm.name,
        cell: ({ nic }) =>
          nic === undefined ? (
            'A VM that you can’t see'
          ) : (
            <Link to={toThing(`vms/${nic.vm.id}/network`, nic.vm.project_id)} className="row-link">
              <bdi>{nic.vm.name}</bdi>
            </Link>
          ),
      },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 120,
        sort: ({ nic }) => nic?.vm.status,
        cell: ({ nic }) => (nic === undefined ? '–' : <VmState status={nic.vm.status} />),
      },
      {
        id: 'address',
        title: 'Address',
        priority: 3,
        width: 160,
        sort: ({ ip }) =>
          ip
            .split('.')
            .map((octet) => octet.padStart(3, '0'))
            .join('.'),
        cell: ({ ip }) => (
          <span className="copyable">
            <span className="mono">{ip}</span>
            <span className="on-row">
              <CopyIcon value={ip} label={`Copy ${ip}`} />
            </span>
          </span>
        ),
      },
      {
        id: 'groups',
        title: 'Firewall groups',
        priority: 4,
        width: 200,
        cell: ({ nic }) => {
          const names = (nic?.security_group_ids ?? []).map(
            (id) => groups.data?.find((one) => one.id === id)?.name ?? '–',
          );
          return names.length === 0 ? (
            <>
              <span className="on-card">No firewall groups</span>
              <span className="off-card">None</span>
            </>
          ) : (
            <span title={names.join(', ')}>{namesOf(names, 2)}</span>
          );
        },
      },
      {
        id: 'nic',
        title: 'Interface',
        priority: 5,
        width: 100,
        cell: ({ nic }) => (nic === undefined ? '–' : `eth${nic.nic_id}`),
      },
      {
        id: 'mac',
        title: 'MAC',
        priority: 6,
        width: 170,
        cell: ({ nic }) => <span className="mono">{nic?.mac ?? '–'}</span>,
      },
    ],
    [toThing, groups.data],
  );
}

/** Who has which address of a VPC. */
export function Leases({
  vpc,
  leases,
  nics,
  onAdd,
}: {
  vpc: VPC;
  leases: NonNullable<VPCDetail['leases']>;
  nics: readonly VmNic[];
  onAdd: (() => void) | undefined;
}) {
  const columns = useColumns();
  const refusal = useRefusal();
  const { nics: all } = useInterfaces();
  const [detaching, setDetaching] = useState<VmNic | null>(null);
  const [grouping, setGrouping] = useState<VmNic | null>(null);
  const rows: readonly Lease[] = leases.map(({ ip }) => ({ ip, nic: nics.find((nic) => nic.ip === ip) }));
  const actsOf = ({ nic }: Lease): readonly Act[] => {
    if (nic === undefined) return [];
    const own = all.filter(({ vm }) => vm.id === nic.vm.id);
    return [
      {
        label: 'Attach firewall group…',
        icon: ShieldCheck,
        refused:
          refusal('security_group.manage', nic.vm.project_id) ??
          stateRefusal(nic.vm, 'attachSecurityGroup') ??
          (nic.security_group_ids.length >= limits.groupsPerNic
            ? `Has ${limits.groupsPerNic} groups, which is the most`
            : undefined),
        onSelect: () => setGrouping(nic),
      },
      {
        label: 'Take out of the VPC…',
        icon: Unlink,
        isDangerous: true,
        refused: refusal('vm.manage', nic.vm.project_id) ?? lastRefusal(own) ?? stateRefusal(nic.vm, 'detachVpc'),
        onSelect: () => setDetaching(nic),
      },
    ];
  };
  if (rows.length === 0) {
    return (
      <EmptyState
        icon={Network}
        title="No VMs in this VPC"
        action={
          onAdd !== undefined && (
            <Button variant="default" leftSection={<Plus size={16} aria-hidden />} onClick={onAdd}>
              Add VM
            </Button>
          )
        }
      >
        A VM that joins gets a private address of {vpc.cidr}, and reaches all others here.
      </EmptyState>
    );
  }
  return (
    <>
      <ResourceTable
        label={`VMs in ${vpc.name}`}
        things="VMs"
        columns={columns}
        items={rows}
        idOf={({ ip }) => ip}
        nameOf={({ ip, nic }) => nic?.vm.name ?? ip}
        actsOf={actsOf}
      />
      {detaching !== null && (
        <DetachNicDialog vm={detaching.vm} nic={detaching} vpcs={[vpc]} onClose={() => setDetaching(null)} />
      )}
      {grouping !== null && (
        <AttachGroupDialog vm={grouping.vm} nicId={grouping.nic_id} onClose={() => setGrouping(null)} />
      )}
    </>
  );
}
