import { Button, Card, Group, Select, Stack, Text, Title } from '@mantine/core';
import type { Role } from '@raffia/client/client.ts';
import { ShieldX } from 'lucide-react';
import { Link, useNavigate, useParams } from 'react-router';
import { useRoles } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { EmptyState, Loaded } from '../parts/notices.tsx';
import { permissionsIn } from '../parts/permission-groups.ts';
import { PermissionGrid } from '../parts/permissions.tsx';
import { plural } from '../parts/plural.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { compareRoles } from '../parts/roles.ts';
import { RowMenu } from '../parts/row-menu.tsx';
import { useListState } from '../parts/use-list-state.ts';
import { useRoleActs } from '../parts/use-role-acts.tsx';

/** What a role can do, beside another where one is chosen. */
export default function RolePage() {
  const { id } = useParams();
  const roles = useRoles();
  return (
    <Loaded query={roles} shape="detail">
      {(list) => {
        const role = list.find((one) => one.id === id);
        return role === undefined ? <Gone /> : <Details role={role} roles={list} />;
      }}
    </Loaded>
  );
}

function Gone() {
  const { to } = useScope();
  return (
    <EmptyState
      icon={ShieldX}
      title="No such role"
      order={1}
      action={
        <Button variant="default" component={Link} to={to('account', 'team/roles')}>
          Go to roles
        </Button>
      }
    >
      It was deleted, or the address is wrong.
    </EmptyState>
  );
}

function Details({ role, roles }: { role: Role; roles: readonly Role[] }) {
  const { to } = useScope();
  const navigate = useNavigate();
  const { set, value } = useListState();
  const { actsOf, usedBy, dialog } = useRoleActs(() => void navigate(to('account', 'team/roles'), { replace: true }));
  const all = permissionsIn(role.scope);
  const others = roles
    .filter(({ id, scope }) => id !== role.id && scope === role.scope)
    .map(({ id, name }) => ({ value: id, label: name }));
  const chosen = value('with', others);
  const other = roles.find(({ id }) => id === chosen);
  const isEverything = role.slug === 'owner' && role.is_system;
  return (
    <Stack gap={16}>
      <DetailHead
        name={role.name}
        state={
          <>
            <span>{role.is_system ? 'System role' : 'Custom role'}</span>
            {role.description !== undefined && role.description !== '' && <span>{role.description}</span>}
          </>
        }
        actions={<RowMenu name={role.name} acts={actsOf(role)} />}
      />
      <FactsCard
        facts={[
          { label: 'Scope', value: role.scope === 'account' ? 'Account' : 'Project' },
          { label: 'Permissions', value: `${role.permissions.length} of ${all.length}` },
          { label: 'Used by', value: usedBy(role) ?? 'Not used' },
          ...(role.is_system || role.created_at === undefined
            ? []
            : [{ label: 'Created', value: <RelativeTime time={role.created_at} /> }]),
          { label: 'ID', value: `${role.id.slice(0, 8)}…`, copy: role.id, isMono: true },
        ]}
      />
      <Card withBorder>
        <Group justify="space-between" mb="md" align="flex-end">
          <div>
            <Title order={2} size="h4">
              Permissions
            </Title>
            {isEverything && (
              <Text size="sm" c="dimmed">
                It also has every permission in all projects, current and future.
              </Text>
            )}
            {other !== undefined && (
              <Text size="sm" c="dimmed" role="status">
                {differences(role, other)}
              </Text>
            )}
          </div>
          <Select
            size="xs"
            aria-label="Compare to"
            placeholder="Compare to…"
            data={others}
            value={chosen}
            onChange={(next) => set('with', next)}
            clearable
          />
        </Group>
        <PermissionGrid scope={role.scope} held={role.permissions} other={other} />
      </Card>
      {dialog}
    </Stack>
  );
}

function differences(role: Role, other: Role): string {
  const { more, less } = compareRoles(role, other);
  if (more.length + less.length === 0) return `The same permissions as ${other.name}`;
  const parts = [
    more.length > 0 && `${plural(more.length, 'permission')} that ${other.name} doesn't have`,
    less.length > 0 && `${plural(less.length, 'permission')} of ${other.name} missing`,
  ].filter((part) => part !== false);
  return parts.join(', ');
}
