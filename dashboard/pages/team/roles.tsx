import type { Role } from '@raffia/client/client.ts';
import { Shield } from 'lucide-react';
import { useRoles } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { FilterBar } from '../../parts/filter-bar.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { permissionsIn } from '../../parts/permission-groups.ts';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { useListState } from '../../parts/use-list-state.ts';
import { useRoleActs } from '../../parts/use-role-acts.tsx';

const scopes = [
  { value: 'account', label: 'Account' },
  { value: 'project', label: 'Project' },
] as const;
const kinds = [
  { value: 'system', label: 'System' },
  { value: 'custom', label: 'Custom' },
] as const;
const kindOf = ({ is_system }: Role) => (is_system ? 'System' : 'Custom');
const scopeOf = ({ scope }: Role) => (scope === 'account' ? 'Account' : 'Project');

function columnsOf(usedBy: (role: Role) => string | undefined): readonly Column<Role>[] {
  return [
    { id: 'name', title: 'Role', priority: 1, width: 180, sort: ({ name }) => name, cell: () => null },
    { id: 'scope', title: 'Scope', priority: 2, width: 100, sort: scopeOf, cell: scopeOf },
    {
      id: 'permissions',
      title: 'Permissions',
      priority: 3,
      width: 110,
      isFigure: true,
      sort: ({ permissions }) => permissions.length,
      cell: ({ scope, permissions }) => `${permissions.length} of ${permissionsIn(scope).length}`,
    },
    {
      id: 'used',
      title: 'Used by',
      priority: 4,
      width: 230,
      cell: (role) => usedBy(role) ?? 'Not used',
    },
    { id: 'kind', title: 'Kind', priority: 5, width: 100, sort: kindOf, cell: kindOf },
    {
      id: 'about',
      title: 'Description',
      priority: 6,
      width: 280,
      cell: ({ description }) => <span title={description}>{description || '–'}</span>,
    },
  ];
}

export function Roles() {
  const roles = useRoles();
  return (
    <ListStates
      query={roles}
      things="roles"
      empty={
        <EmptyState icon={Shield} title="No roles">
          A role is a set of permissions to give to members and API keys.
        </EmptyState>
      }
    >
      {(list) => <RoleList list={list} />}
    </ListStates>
  );
}

function RoleList({ list }: { list: readonly Role[] }) {
  const { to } = useScope();
  const { q, set, value, clear } = useListState();
  const { actsOf, usedBy, dialog } = useRoleActs();
  const scope = value('scope', scopes);
  const kind = value('kind', kinds);
  const text = q.trim().toLowerCase();
  const found = list.filter(
    (role) =>
      `${role.name} ${role.description ?? ''} ${role.permissions.join(' ')}`.toLowerCase().includes(text) &&
      (scope === null || role.scope === scope) &&
      (kind === null || kindOf(role).toLowerCase() === kind),
  );
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name or permission"
        found={found.length}
        total={list.length}
        things="roles"
        filters={[
          { label: 'Scope', value: scope, options: scopes, onChange: (next) => set('scope', next) },
          { label: 'Kind', value: kind, options: kinds, onChange: (next) => set('kind', next) },
        ]}
      />
      <ResourceTable
        label="Roles"
        things="roles"
        columns={columnsOf(usedBy)}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        linkOf={({ id }) => to('account', `team/roles/${id}`)}
        actsOf={actsOf}
        onClear={() => clear(['q', 'scope', 'kind'])}
      />
      {dialog}
    </>
  );
}
