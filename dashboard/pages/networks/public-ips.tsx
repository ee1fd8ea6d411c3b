import type { FloatingIP, VPC } from '@raffia/client/client.ts';
import { Globe, Link2, Move, RefreshCw, Trash2, Unlink } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useInterfaces, type VmNic } from '../../api/interfaces.ts';
import { useIps, useSecurityGroups, useVpcs } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { AttachIpDialog } from '../../parts/attach-dialogs.tsx';
import { namesOf } from '../../parts/bulk.ts';
import { sinceColumn, useProjectColumn } from '../../parts/columns.tsx';
import { CopyIcon } from '../../parts/copy.tsx';
import { DetachNicDialog } from '../../parts/detach-dialogs.tsx';
import { ColumnsMenu, FilterBar } from '../../parts/filter-bar.tsx';
import { useIpPrices } from '../../parts/ip-prices.ts';
import { ListStates } from '../../parts/list-states.tsx';
import { lastRefusal, stateRefusal } from '../../parts/network-words.ts';
import { EmptyState } from '../../parts/notices.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import type { Act } from '../../parts/row-menu.tsx';
import { State } from '../../parts/state-shape.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import { useRefusal } from '../../parts/use-refusal.ts';
import { ChangeIp, MoveIp, ReleaseIp } from './ip-dialogs.tsx';

const types = (['IPv4', 'IPv6'] as const).map((value) => ({ value, label: value }));
const kinds = [
  { value: 'reserved', label: 'Reserved' },
  { value: 'assigned', label: 'Assigned' },
];
const uses = [
  { value: 'in-use', label: 'In use' },
  { value: 'free', label: 'Not attached' },
];

/** Who has an address. */
interface Holder {
  readonly nic: VmNic | undefined;
  readonly gatewayOf: VPC | undefined;
}

type Row = FloatingIP & Holder;

const kindOf = ({ reserved, gatewayOf }: Row) =>
  reserved ? 'Reserved' : gatewayOf === undefined ? 'Assigned' : 'Gateway';

function useColumns(): readonly Column<Row>[] {
  const { toThing } = useScope();
  const inProject = useProjectColumn<Row>(5);
  const prices = useIpPrices();
  const groups = useSecurityGroups();
  return useMemo((): readonly Column<Row>[] => {
    return [
      {
        id: 'address',
        title: 'Address',
        priority: 1,
        width: 170,
        sort: ({ ip_address, type }) =>
          type === 'IPv4'
            ? ip_address
                .split('.')
                .map((octet) => octet.padStart(3, '0'))
                .join('.')
            : ip_address,
        cell: ({ ip_address }) => (
          <span className="copyable">
            <b className="mono truncated">{ip_address}</b>
            <CopyIcon value={ip_address} label={`Copy ${ip_address}`} />
          </span>
        ),
      },
      {
        id: 'used',
        title: 'Used by',
        priority: 2,
        width: 220,
        sort: ({ nic, gatewayOf }) => nic?.vm.name ?? gatewayOf?.name,
        cell: ({ nic, gatewayOf, status }) => {
          if (nic !== undefined) {
            return (
              <State shape="on">
                <Link to={toThing(`vms/${nic.vm.id}/network`, nic.vm.project_id)} className="row-link">
                  <bdi>{nic.vm.name}</bdi>
                </Link>
              </State>
            );
          }
          if (gatewayOf !== undefined) {
            return (
              <State shape="on">
                <Link to={toThing(`networks/vpcs/${gatewayOf.id}`, gatewayOf.project_id)} className="row-link">
                  <bdi>{gatewayOf.name}</bdi>
                </Link>
              </State>
            );
          }
          return status === 'in-use' ? <State shape="on">In use</State> : <State shape="attention">Not attached</State>;
        },
      },
      { id: 'kind', title: 'Kind', priority: 3, width: 110, sort: kindOf, cell: kindOf },
      { id: 'type', title: 'Type', priority: 5, width: 80, sort: ({ type }) => type, cell: ({ type }) => type },
      {
        id: 'firewall',
        title: 'Firewall',
        priority: 4,
        width: 170,
        cell: ({ nic, gatewayOf }) => {
          if (nic === undefined) return gatewayOf === undefined ? '–' : 'Replies only';
          if (nic.security_group_ids.length === 0) return <State shape="attention">No group, open</State>;
          const names = nic.security_group_ids.map((id) => groups.data?.find((one) => one.id === id)?.name ?? '–');
          return <span title={names.join(', ')}>{namesOf(names, 2)}</span>;
        },
      },
      {
        id: 'monthly',
        title: 'Monthly',
        priority: 5,
        width: 92,
        isFigure: true,
        cell: ({ reserved, type }) => (reserved ? (prices?.[type] ?? '–') : 'Free'),
      },
      inProject,
      sinceColumn({ id: 'since', title: 'Since', priority: 6, width: 110 }),
      { id: 'region', title: 'Region', priority: 6, width: 100, isHidden: true, cell: ({ region }) => region ?? '–' },
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 300,
        isHidden: true,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ];
  }, [inProject, toThing, prices, groups.data]);
}

/** Public addresses of the projects that are looked at: those that were reserved, and those that VMs and gateways have. */
export function PublicIps({ create }: { create: ReactNode }) {
  const ips = useIps();
  const { has, project } = useScope();
  return (
    <ListStates
      query={ips}
      things="public IPs"
      filter={has}
      empty={
        <EmptyState icon={Globe} title={`No public IPs in ${project?.name ?? 'any project'}`} action={create}>
          A reserved address stays yours. Move it from one VM to another, and its users notice nothing.
        </EmptyState>
      }
    >
      {(list) => <IpList list={list} />}
    </ListStates>
  );
}

type Dialog = { readonly act: 'attach' | 'move' | 'detach' | 'change' | 'release'; readonly ip: Row };

function IpList({ list }: { list: readonly FloatingIP[] }) {
  const refusal = useRefusal();
  const { nics } = useInterfaces();
  const vpcs = useVpcs();
  const columns = useColumns();
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const text = q.trim().toLowerCase();
  const [type, kind, use] = [value('type', types), value('kind', kinds), value('status', uses)];
  const rows = useMemo((): readonly Row[] => {
    const byAddress = new Map(nics.filter((nic) => nic.type !== 'vpc').map((nic) => [nic.ip, nic]));
    return list.map((ip) => ({
      ...ip,
      nic: byAddress.get(ip.ip_address),
      gatewayOf: vpcs.data?.find(({ router_public_ip }) => router_public_ip === ip.ip_address),
    }));
  }, [list, nics, vpcs.data]);
  const found = useMemo(
    () =>
      rows.filter(
        (ip) =>
          `${ip.ip_address} ${ip.nic?.vm.name ?? ''} ${ip.gatewayOf?.name ?? ''} ${ip.id}`
            .toLowerCase()
            .includes(text) &&
          (type === null || ip.type === type) &&
          (kind === null || (kind === 'reserved') === ip.reserved) &&
          (use === null || ip.status === use),
      ),
    [rows, text, type, kind, use],
  );
  const actsOf = (ip: Row): readonly Act[] => {
    const open = (act: Dialog['act']) => () => setDialog({ act, ip });
    const attaches = refusal('ip.attach', ip.project_id);
    const own = nics.filter(({ vm }) => vm.id === ip.nic?.vm.id);
    const unattached =
      ip.gatewayOf !== undefined
        ? `It is the gateway of ${ip.gatewayOf.name}`
        : ip.reserved
          ? ip.status === 'in-use'
            ? `Detach it from ${ip.nic?.vm.name ?? 'its VM'} first`
            : undefined
          : 'It is not reserved: it returns to the pool when it is detached';
    const leaving =
      ip.nic === undefined
        ? ip.gatewayOf === undefined
          ? 'No VM has it'
          : `It is the gateway of ${ip.gatewayOf.name}`
        : (lastRefusal(own) ?? stateRefusal(ip.nic.vm, 'detachIp'));
    return [
      ip.status === 'in-use'
        ? {
            label: 'Move to another VM…',
            icon: Move,
            refused:
              attaches ??
              (ip.reserved || ip.gatewayOf !== undefined ? leaving : 'Only a reserved address can be moved'),
            onSelect: open('move'),
          }
        : { label: 'Attach to VM…', icon: Link2, refused: attaches, onSelect: open('attach') },
      { label: 'Detach…', icon: Unlink, refused: attaches ?? leaving, onSelect: open('detach') },
      {
        label: 'Change address…',
        icon: RefreshCw,
        refused: refusal('ip.manage', ip.project_id) ?? unattached,
        onSelect: open('change'),
      },
      {
        label: 'Release…',
        icon: Trash2,
        isDangerous: true,
        refused: refusal('ip.release', ip.project_id) ?? unattached,
        onSelect: open('release'),
      },
    ];
  };
  const close = () => setDialog(null);
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search address or VM"
        found={found.length}
        total={list.length}
        things="public IPs"
        filters={[
          { label: 'Status', value: use, options: uses, onChange: (next) => set('status', next) },
          { label: 'Kind', value: kind, options: kinds, onChange: (next) => set('kind', next) },
          { label: 'Type', value: type, options: types, onChange: (next) => set('type', next) },
        ]}
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Public IPs"
        things="public IPs"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ ip_address }) => ip_address}
        actsOf={actsOf}
        chosen={chosen}
        onClear={() => clear(['q', 'type', 'kind', 'status'])}
      />
      {dialog?.act === 'attach' && <AttachIpDialog ip={dialog.ip} onClose={close} />}
      {dialog?.act === 'move' && dialog.ip.nic !== undefined && (
        <MoveIp ip={dialog.ip} from={dialog.ip.nic} onClose={close} />
      )}
      {dialog?.act === 'detach' && dialog.ip.nic !== undefined && (
        <DetachNicDialog vm={dialog.ip.nic.vm} nic={dialog.ip.nic} ip={dialog.ip} onClose={close} />
      )}
      {dialog?.act === 'change' && <ChangeIp ip={dialog.ip} onClose={close} />}
      {dialog?.act === 'release' && <ReleaseIp ip={dialog.ip} onClose={close} />}
    </>
  );
}
