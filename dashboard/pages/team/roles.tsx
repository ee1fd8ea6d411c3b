import {
  ActionIcon,
  Badge,
  Button,
  Card,
  Code,
  Group,
  Menu,
  Modal,
  ScrollArea,
  SegmentedControl,
  Select,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import type { Role } from '@raffia/client/client.ts';
import type { Scope } from '@raffia/contract/enums.ts';
import { EllipsisVertical, ShieldPlus } from 'lucide-react';
import { useState } from 'react';
import { useRoles } from '../../api/lists.ts';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { actions, DataTable } from '../../parts/data-table.tsx';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { PermissionGrid, permissionsIn } from '../../parts/permissions.tsx';
import { useNewDialog } from '../../parts/use-new-dialog.ts';

type Draft = Pick<Role, 'name' | 'scope' | 'permissions'> & { id?: string; description?: string };

export function Roles() {
  const roles = useRoles();
  const may = useMay();
  const [scope, setScope] = useState('all');
  const [viewing, setViewing] = useState<Role | null>(null);
  const [editing, setEditing] = useState<Draft | null>(null);
  const creating = useNewDialog(may('account.roles.create'));
  const [deleting, setDeleting] = useState<Role | null>(null);
  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          aria-label="Scope"
          data={[
            { value: 'all', label: 'All' },
            { value: 'account', label: 'Account' },
            { value: 'project', label: 'Project' },
          ]}
          value={scope}
          onChange={setScope}
        />
        {may('account.roles.create') && (
          <Button leftSection={<ShieldPlus size={16} />} onClick={creating.open}>
            Create role
          </Button>
        )}
      </Group>
      <Loaded query={roles}>
        {(list) =>
          (['account', 'project'] as const)
            .filter((one) => scope === 'all' || scope === one)
            .map((one) => (
              <RoleTable
                key={one}
                scope={one}
                roles={list.filter((role) => role.scope === one && role.slug !== 'owner')}
                onView={setViewing}
                onEdit={setEditing}
                onDelete={setDeleting}
              />
            ))
        }
      </Loaded>
      {viewing !== null && (
        <Modal
          opened
          onClose={() => setViewing(null)}
          title={viewing.name}
          size="xl"
          scrollAreaComponent={ScrollArea.Autosize}
        >
          <Text size="sm" mb="md">
            {viewing.description}{' '}
            {viewing.is_system && 'System roles cannot be changed; duplicate one to change the copy.'}
          </Text>
          <PermissionGrid scope={viewing.scope} held={viewing.permissions} />
        </Modal>
      )}
      {creating.isOpen && <EditRole draft={{ name: '', scope: 'project', permissions: [] }} onClose={creating.close} />}
      {editing !== null && <EditRole draft={editing} onClose={() => setEditing(null)} />}
      {deleting !== null && <DeleteRole role={deleting} onClose={() => setDeleting(null)} />}
    </Stack>
  );
}

function RoleTable({
  scope,
  roles,
  onView,
  onEdit,
  onDelete,
}: {
  scope: Scope;
  roles: readonly Role[];
  onView: (role: Role) => void;
  onEdit: (draft: Draft) => void;
  onDelete: (role: Role) => void;
}) {
  const may = useMay();
  return (
    <Card withBorder p={0}>
      <Title order={2} size="h5" p="md" pb="xs">
        {scope === 'account' ? 'Account roles' : 'Project roles'} ({roles.length})
      </Title>
      <DataTable columns={['Role', { wide: 'Permissions' }, 'Type', actions]}>
        {roles.map((role) => (
          <Table.Tr key={role.id}>
            <Table.Td>
              <Text size="sm" fw={600}>
                {role.name}
              </Text>
              <Text size="xs" c="dimmed">
                {role.description}
              </Text>
            </Table.Td>
            <Table.Td className="wide">
              <Group gap={4}>
                {role.permissions.slice(0, 3).map((name) => (
                  <Code key={name}>{name}</Code>
                ))}
                {role.permissions.length > 3 && <Text size="xs">+{role.permissions.length - 3} more</Text>}
              </Group>
            </Table.Td>
            <Table.Td>
              <Badge variant="outline" color={role.is_system ? 'gray' : 'palm'} tt="none">
                {role.is_system ? 'System' : 'Custom'}
              </Badge>
            </Table.Td>
            <Table.Td ta="right">
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${role.name}`}>
                    <EllipsisVertical size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item onClick={() => onView(role)}>View</Menu.Item>
                  <Menu.Item
                    disabled={!may('account.roles.create')}
                    onClick={() =>
                      onEdit({
                        name: `${role.name} copy`,
                        scope: role.scope,
                        permissions: [...role.permissions],
                        ...(role.description === undefined ? {} : { description: role.description }),
                      })
                    }
                  >
                    Duplicate…
                  </Menu.Item>
                  {!role.is_system && (
                    <>
                      <Menu.Item disabled={!may('account.roles.manage')} onClick={() => onEdit(role)}>
                        Edit…
                      </Menu.Item>
                      <Menu.Item
                        c="var(--mantine-color-error)"
                        disabled={!may('account.roles.delete')}
                        onClick={() => onDelete(role)}
                      >
                        Delete…
                      </Menu.Item>
                    </>
                  )}
                </Menu.Dropdown>
              </Menu>
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Card>
  );
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

/** A role's scope is chosen once: what it may hold is another list for accounts than for projects. */
function EditRole({ draft, onClose }: { draft: Draft; onClose: () => void }) {
  const { api } = useCurrent();
  const [name, setName] = useState(draft.name);
  const [description, setDescription] = useState(draft.description ?? '');
  const [scope, setScope] = useState<Scope>(draft.scope);
  const [permissions, setPermissions] = useState<string[]>(draft.permissions);
  const all = permissionsIn(scope);
  const save = useChange(
    () => {
      const body = { name: name.trim(), description, permissions };
      return draft.id === undefined
        ? api.createRole({ body: { ...body, slug: slugOf(name), scope } })
        : api.updateRole({ id: draft.id, body });
    },
    {
      stale: ['roles', 'session', 'audit'],
      done: draft.id === undefined ? 'The role is there' : 'Saved; it holds from the next request on',
      onDone: onClose,
    },
  );
  return (
    <FormDialog
      title={draft.id === undefined ? 'Create role' : `Edit ${draft.name}`}
      action={draft.id === undefined ? 'Create role' : 'Save'}
      change={save}
      isReady={slugOf(name) !== '' && permissions.length > 0}
      size="xl"
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label="Role name"
        placeholder="e.g. Developer"
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        maxLength={64}
        required
      />
      <Textarea
        label="Description (optional)"
        value={description}
        onChange={(e) => setDescription(e.currentTarget.value)}
        autosize
      />
      <Select
        label="Scope"
        description={
          draft.id === undefined ? 'Chosen once; another scope is another role' : 'The scope of a role stays'
        }
        data={[
          { value: 'project', label: 'Project: machines, networks and members of projects' },
          { value: 'account', label: 'Account: keys, members, roles, settings' },
        ]}
        value={scope}
        onChange={(value) => {
          setScope(value as Scope);
          setPermissions([]);
        }}
        disabled={draft.id !== undefined}
        allowDeselect={false}
      />
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {permissions.length} / {all.length} selected
        </Text>
        <Group gap="xs">
          <Button variant="default" size="xs" onClick={() => setPermissions(all)}>
            Select all
          </Button>
          <Button variant="default" size="xs" onClick={() => setPermissions([])}>
            Clear all
          </Button>
        </Group>
      </Group>
      <PermissionGrid scope={scope} held={permissions} onChange={setPermissions} />
    </FormDialog>
  );
}

function DeleteRole({ role, onClose }: { role: Role; onClose: () => void }) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteRole({ id: role.id }), {
    stale: ['roles', 'audit'],
    done: 'The role was deleted',
    onDone: onClose,
  });
  return (
    <DestroyDialog
      title="Delete role"
      names={[role.name]}
      action="Delete role"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      Only a role that no member, no invitation and no key has can be deleted.
    </DestroyDialog>
  );
}
