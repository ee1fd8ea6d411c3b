import type { SecurityGroup } from '@raffia/client/client.ts';
import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import { Copy, Pencil, ShieldCheck, SquareArrowOutUpRight, Trash2 } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useInterfaces } from '../../api/interfaces.ts';
import { useSecurityGroups } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { AttachGroupDialog } from '../../parts/attach-dialogs.tsx';
import { namesOf } from '../../parts/bulk.ts';
import { useProjectColumn } from '../../parts/columns.tsx';
import { deleteRefusal } from '../../parts/delete-refusal.ts';
import { ColumnsMenu, FilterBar } from '../../parts/filter-bar.tsx';
import { CreateGroup, DeleteGroup, EditGroup } from '../../parts/group-dialogs.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { ruleCount } from '../../parts/network-words.ts';
import { EmptyState } from '../../parts/notices.tsx';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import type { Act } from '../../parts/row-menu.tsx';
import { wordsOf } from '../../parts/rule-words.ts';
import { State } from '../../parts/state-shape.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import { useRefusal } from '../../parts/use-refusal.ts';

const uses = [
  { value: 'used', label: 'Attached' },
  { value: 'unused', label: 'Not attached' },
];

/** Names of the machines that have a group, each once. */
function useUsers(): (group: SecurityGroup) => string[] {
  const { nics } = useInterfaces();
  return useMemo(() => {
    const found = new Map<string, Set<string>>();
    for (const { security_group_ids, vm } of nics) {
      for (const id of security_group_ids) found.set(id, (found.get(id) ?? new Set()).add(vm.name));
    }
    return ({ id }) => [...(found.get(id) ?? [])].sort();
  }, [nics]);
}

function useColumns(usersOf: (group: SecurityGroup) => string[]): readonly Column<SecurityGroup>[] {
  const inProject = useProjectColumn<SecurityGroup>(5);
  return useMemo((): readonly Column<SecurityGroup>[] => {
    return [
      { id: 'name', title: 'Name', priority: 1, width: 130, sort: ({ name }) => name, cell: () => null },
      {
        id: 'open',
        title: 'Open from outside',
        priority: 2,
        width: 400,
        isLine: true,
        cell: (group) => <Exposure group={group} />,
      },
      {
        id: 'vms',
        title: 'VMs',
        priority: 3,
        width: 190,
        sort: ({ vm_count = 0 }) => vm_count,
        cell: (group) => {
          const names = usersOf(group);
          if (names.length > 0) return <span title={names.join(', ')}>{namesOf(names, 2)}</span>;
          return group.vm_count === 0 ? 'Not attached' : `${group.vm_count}`;
        },
      },
      {
        id: 'rules',
        title: 'Rules',
        priority: 4,
        width: 100,
        sort: ({ rules }) => rules.length,
        cell: ruleCount,
      },
      inProject,
      {
        id: 'changed',
        title: 'Changed',
        priority: 5,
        width: 110,
        sort: ({ updated_at }) => (updated_at === undefined ? undefined : -Date.parse(updated_at)),
        cell: ({ updated_at }) => (updated_at === undefined ? '–' : <RelativeTime time={updated_at} />),
      },
      {
        id: 'description',
        title: 'Description',
        priority: 6,
        width: 200,
        isHidden: true,
        cell: ({ description }) => description || '–',
      },
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 300,
        isHidden: true,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ];
  }, [inProject, usersOf]);
}

/** What a group lets in, in short. */
function Exposure({ group }: { group: SecurityGroup }) {
  const lines = wordsOf(filterOfGroups([group.rules]), 'inbound');
  const open = lines.length > 1 || lines[0]?.text.endsWith('refused') !== true ? lines.slice(0, -1) : [];
  const [first = lines[0]] = open.length === 0 && lines.length === 1 ? lines : open;
  const isClosed = first?.text.endsWith('is refused') === true;
  const isWide = lines.some((line) => line.isWide);
  const more = open.length - 1;
  return (
    <span title={lines.map(({ text }) => text).join('. ')}>
      <State shape={isClosed ? 'off' : isWide ? 'attention' : 'on'}>
        {isClosed ? 'Nothing' : first?.text}
        {more > 0 && `, and ${more} more`}
      </State>
    </span>
  );
}

/** Firewall groups of the projects that are looked at. */
export function FirewallGroups({ create }: { create: ReactNode }) {
  const groups = useSecurityGroups();
  const { has, project } = useScope();
  return (
    <ListStates
      query={groups}
      things="firewall groups"
      filter={has}
      empty={
        <EmptyState
          icon={ShieldCheck}
          title={`No firewall groups in ${project?.name ?? 'any project'}`}
          action={create}
        >
          A group says which ports are open, and to whom. Attach it to the interfaces of your VMs; everything else is
          refused.
        </EmptyState>
      }
    >
      {(list) => <GroupList list={list} />}
    </ListStates>
  );
}

type Dialog = { readonly act: 'rename' | 'copy' | 'attach' | 'delete'; readonly group: SecurityGroup };

function GroupList({ list }: { list: readonly SecurityGroup[] }) {
  const { toThing } = useScope();
  const refusal = useRefusal();
  const usersOf = useUsers();
  const columns = useColumns(usersOf);
  const { q, chosen, setChosen, set, value, clear } = useListState();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const text = q.trim().toLowerCase();
  const use = value('use', uses);
  const found = useMemo(
    () =>
      list.filter(
        (group) =>
          `${group.name} ${group.description ?? ''} ${usersOf(group).join(' ')} ${group.rules
            .map(({ range = '', ip = '' }) => `${range} ${ip}`)
            .join(' ')}`
            .toLowerCase()
            .includes(text) &&
          (use === null || (use === 'used') === (group.vm_count ?? 0) > 0),
      ),
    [list, text, use, usersOf],
  );
  const linkOf = (group: SecurityGroup) => toThing(`networks/firewall/${group.id}`, group.project_id);
  const actsOf = (group: SecurityGroup): readonly Act[] => {
    const open = (act: Dialog['act']) => () => setDialog({ act, group });
    const manages = refusal('security_group.manage', group.project_id);
    return [
      { label: 'Open', icon: SquareArrowOutUpRight, to: linkOf(group) },
      { label: 'Attach to VM…', icon: ShieldCheck, refused: manages, onSelect: open('attach') },
      { label: 'Rename…', icon: Pencil, refused: manages, onSelect: open('rename') },
      {
        label: 'Copy…',
        icon: Copy,
        refused: refusal('security_group.create', group.project_id),
        onSelect: open('copy'),
      },
      {
        label: 'Delete…',
        icon: Trash2,
        isDangerous: true,
        refused: refusal('security_group.delete', group.project_id) ?? deleteRefusal(group, usersOf(group)),
        onSelect: open('delete'),
      },
    ];
  };
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name, port, address or VM"
        found={found.length}
        total={list.length}
        things="firewall groups"
        filters={[{ label: 'Use', value: use, options: uses, onChange: (next) => set('use', next) }]}
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Firewall groups"
        things="firewall groups"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        linkOf={linkOf}
        actsOf={actsOf}
        chosen={chosen}
        onClear={() => clear(['q', 'use'])}
      />
      {dialog?.act === 'attach' && <AttachGroupDialog group={dialog.group} onClose={() => setDialog(null)} />}
      {dialog?.act === 'rename' && <EditGroup group={dialog.group} onClose={() => setDialog(null)} />}
      {dialog?.act === 'copy' && <CreateGroup from={dialog.group} onClose={() => setDialog(null)} />}
      {dialog?.act === 'delete' && <DeleteGroup group={dialog.group} onClose={() => setDialog(null)} />}
    </>
  );
}
