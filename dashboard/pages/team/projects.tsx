import {
  ActionIcon,
  Badge,
  Button,
  Card,
  Group,
  Menu,
  Select,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import type { Project, ProjectMember } from '@raffia/client/client.ts';
import { EllipsisVertical, FolderPlus } from 'lucide-react';
import { useState } from 'react';
import { useMembers, useProjectMembers, useProjects } from '../../api/lists.ts';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { actions, DataTable, RowAction } from '../../parts/data-table.tsx';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ErrorNotice, Loaded } from '../../parts/notices.tsx';
import { RoleSelect } from '../../parts/role-select.tsx';
import { useNewDialog } from '../../parts/use-new-dialog.ts';
import { useMemberName } from './member-name.ts';

export function Projects() {
  const projects = useProjects();
  const may = useMay();
  const [editing, setEditing] = useState<Project | null>(null);
  const creating = useNewDialog(may('account.projects.create'));
  const [deleting, setDeleting] = useState<Project | null>(null);
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Resources belong to one project and can't move.
        </Text>
        {may('account.projects.create') && (
          <Button leftSection={<FolderPlus size={16} />} onClick={creating.open}>
            Create project
          </Button>
        )}
      </Group>
      <Loaded query={projects}>
        {(list) =>
          list.map((project) => (
            <Card key={project.id} withBorder>
              <Group justify="space-between" mb="xs" wrap="nowrap" align="flex-start">
                <div>
                  <Group gap={8}>
                    <Title order={2} size="h4">
                      {project.name}
                    </Title>
                    {project.is_default && (
                      <Badge variant="outline" color="gray" tt="none">
                        Default
                      </Badge>
                    )}
                  </Group>
                  <Text size="xs" c="dimmed" className="mono breaking">
                    {project.slug} · {project.id}
                  </Text>
                  {project.description !== undefined && <Text size="sm">{project.description}</Text>}
                </div>
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${project.name}`}>
                      <EllipsisVertical size={18} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item disabled={!may('account.projects.manage')} onClick={() => setEditing(project)}>
                      Edit…
                    </Menu.Item>
                    <Menu.Item
                      c="var(--mantine-color-error)"
                      disabled={project.is_default || !may('account.projects.delete')}
                      onClick={() => setDeleting(project)}
                    >
                      {project.is_default ? 'The default project stays' : 'Delete…'}
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </Group>
              {(may('account.members.view') || may('project.members.view', project.id)) && <Grants project={project} />}
            </Card>
          ))
        }
      </Loaded>
      {creating.isOpen && <EditProject project={null} onClose={creating.close} />}
      {editing !== null && <EditProject project={editing} onClose={() => setEditing(null)} />}
      {deleting !== null && <DeleteProject project={deleting} onClose={() => setDeleting(null)} />}
    </Stack>
  );
}

/** Who has a role on the project: people and keys. */
function Grants({ project }: { project: Project }) {
  const grants = useProjectMembers(project.id);
  const may = useMay();
  const { session, api } = useCurrent();
  const nameOf = useMemberName();
  const [isAdding, setAdding] = useState(false);
  const manages = may('account.members.manage') || may('project.members.manage', project.id);
  const removes = may('account.members.remove') || may('project.members.remove', project.id);
  const stale = ['project-members', 'api-keys', 'audit'];
  const remove = useChange((grant: ProjectMember) => api.removeProjectMember({ id: project.id, member_id: grant.id }), {
    stale,
    done: 'The role on this project was taken away',
  });
  const cancel = useChange((grant: ProjectMember) => api.cancelInvitation({ id: grant.invitation_id ?? '' }), {
    stale,
    done: 'The invitation was cancelled',
  });
  return (
    <Loaded query={grants}>
      {(list) => (
        <Stack gap="xs">
          {list.length > 0 && (
            <DataTable columns={['Who', 'Role here', { wide: 'Status' }, actions]}>
              {list.map((grant) => (
                <Table.Tr key={grant.id}>
                  <Table.Td className="breaking">{nameOf(grant)}</Table.Td>
                  <Table.Td>{grant.role_name}</Table.Td>
                  <Table.Td className="wide">
                    {{ pending: 'Invited', active: 'Active', suspended: 'Suspended' }[grant.status]}
                  </Table.Td>
                  <Table.Td ta="right">
                    <RowAction
                      disabled={!removes || grant.user_id === session.user.id}
                      title={grant.user_id === session.user.id ? 'Nobody removes himself' : undefined}
                      onClick={() => (grant.status === 'pending' ? cancel : remove).mutate(grant)}
                    >
                      {grant.status === 'pending' ? 'Cancel' : 'Remove'}
                    </RowAction>
                  </Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          )}
          <ErrorNotice error={remove.error ?? cancel.error} />
          {manages && (
            <Group>
              <Button variant="default" size="xs" onClick={() => setAdding(true)}>
                Add a member
              </Button>
            </Group>
          )}
          {isAdding && <AddGrant project={project} taken={list} onClose={() => setAdding(false)} />}
        </Stack>
      )}
    </Loaded>
  );
}

function AddGrant({
  project,
  taken,
  onClose,
}: {
  project: Project;
  taken: readonly ProjectMember[];
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const members = useMembers();
  const [userId, setUserId] = useState<string | null>(null);
  const [roleId, setRoleId] = useState<string | null>(null);
  const add = useChange(
    () => api.addProjectMember({ id: project.id, body: { target_user_id: userId ?? '', role_id: roleId ?? '' } }),
    { stale: ['project-members', 'audit'], done: 'Added', onDone: onClose },
  );
  // The Owner has access to every project already.
  const people = (members.data ?? []).flatMap(({ user_id, email, role }) =>
    user_id && role !== 'owner' && !taken.some((grant) => grant.user_id === user_id)
      ? [{ value: user_id, label: email }]
      : [],
  );
  return (
    <FormDialog
      title={`Add to ${project.name}`}
      action="Add"
      change={add}
      isReady={userId !== null && roleId !== null}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Select
        label="Member"
        description="Somebody new is invited under Members"
        data={people}
        value={userId}
        onChange={setUserId}
        searchable
        required
      />
      <RoleSelect label="Project role" scope="project" value={roleId} onChange={setRoleId} />
    </FormDialog>
  );
}

function EditProject({ project, onClose }: { project: Project | null; onClose: () => void }) {
  const { api } = useCurrent();
  const [name, setName] = useState(project?.name ?? '');
  const [description, setDescription] = useState(project?.description ?? '');
  const save = useChange(
    () => {
      const body = { name: name.trim(), description };
      return project === null ? api.createProject({ body }) : api.updateProject({ id: project.id, body });
    },
    {
      stale: ['projects', 'session', 'audit'],
      done: project === null ? 'The project is there' : 'Saved',
      onDone: onClose,
    },
  );
  return (
    <FormDialog
      title={project === null ? 'Create project' : `Edit ${project.name}`}
      action={project === null ? 'Create project' : 'Save'}
      change={save}
      isReady={name.trim() !== ''}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label="Name"
        placeholder="e.g. Production"
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
        minRows={2}
      />
    </FormDialog>
  );
}

function DeleteProject({ project, onClose }: { project: Project; onClose: () => void }) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteProject({ id: project.id }), {
    stale: ['projects', 'session', 'audit'],
    done: 'The project was deleted',
    onDone: onClose,
  });
  return (
    <DestroyDialog
      title="Delete project"
      names={[project.name]}
      action="Delete project"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      Only an empty project can be deleted; if something is left in it, the server says what. All roles on it end. This
      cannot be taken back.
    </DestroyDialog>
  );
}
