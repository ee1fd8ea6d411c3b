import { Alert, Checkbox, Select, Stack, Text, TextInput } from '@mantine/core';
import { ownerRoleId, systemRoles } from '@raffia/contract/system-roles.ts';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useProjects, useRoles } from '../../api/lists.ts';
import { useCurrent, useHolds } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { PermissionPreview } from '../../parts/permissions.tsx';
import { plural } from '../../parts/plural.ts';

const day = 86_400_000;
const expirations = [
  { value: '30', label: '30 days' },
  { value: '60', label: '60 days' },
  { value: '90', label: '90 days' },
  { value: '120', label: '120 days' },
  { value: '180', label: '180 days' },
  { value: '365', label: '1 year' },
  { value: 'never', label: 'Never expires' },
];

export interface MadeKey {
  readonly name: string;
  readonly secret: string;
  readonly projectId: string | undefined;
  /** Projects to which access could not be given, with the reason. */
  readonly failed: readonly string[];
}

export function CreateKey({ onMade, onClose }: { onMade: (key: MadeKey) => void; onClose: () => void }) {
  const { api, account } = useCurrent();
  const holds = useHolds();
  const custom = useRoles();
  const projects = useProjects();
  const roles =
    custom.data ?? systemRoles.map((role) => ({ ...role, is_system: true, permissions: [...role.permissions] }));
  const [name, setName] = useState('');
  const [roleId, setRoleId] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string[]>([]);
  const [projectRoleId, setProjectRoleId] = useState<string | null>(null);
  const [expiration, setExpiration] = useState('90');

  const accountRole = roles.find(({ id }) => id === roleId);
  const projectRole = roles.find(({ id }) => id === projectRoleId);
  const isOwner = roleId === ownerRoleId;
  // Nobody gives more than he has: what the server would refuse is not offered.
  const givable = roles.filter(
    (role) =>
      role.scope === 'account' &&
      (account.is_owner || (role.id !== ownerRoleId && role.permissions.every((permission) => holds(permission)))),
  );
  const needsProjectRole = !isOwner && chosen.length > 0 && projectRoleId === null;
  const isValid = name.trim() !== '' && !needsProjectRole && (roleId !== null || chosen.length > 0);

  const create = useChange(
    async () => {
      const { data } = await api.createApiKey({
        body: {
          name: name.trim(),
          ...(roleId === null ? {} : { role_id: roleId }),
          ...(expiration === 'never'
            ? {}
            : { expires_at: new Date(Date.now() + Number(expiration) * day).toISOString() }),
        },
      });
      const failed: string[] = [];
      for (const id of isOwner ? [] : chosen) {
        await api
          .addProjectMember({ id, body: { api_key_id: data.id, role_id: projectRoleId ?? '' } })
          .catch((error: Error) =>
            failed.push(`${projects.data?.find((project) => project.id === id)?.name ?? id}: ${error.message}`),
          );
      }
      return { name: data.name, secret: data.secret, projectId: chosen[0], failed };
    },
    { stale: ['api-keys', 'project-members', 'audit'], onDone: onMade },
  );

  return (
    <FormDialog
      title="Create API key"
      action="Create key"
      change={create}
      isReady={isValid}
      size="lg"
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label="Name"
        placeholder="e.g. Deployment"
        description="What uses it: one key for each program, so that one can be ended alone"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={128}
        required
      />
      <Select
        label="Account role"
        description="What it may do with the account: keys, members, projects. None is often enough"
        placeholder="None"
        clearable
        data={givable.map(({ id, name: label, permissions }) => ({
          value: id,
          label: `${label} (${permissions.length})`,
        }))}
        value={roleId}
        onChange={setRoleId}
      />
      {isOwner ? (
        <Alert color="yellow" variant="outline" icon={<ShieldCheck size={18} aria-hidden />}>
          <b>Full access.</b> This key can do everything in the account and in all projects, those to come included.
        </Alert>
      ) : (
        <>
          <Checkbox.Group
            label="Projects"
            description={`What it may do with machines, and where. ${chosen.length === 0 ? 'None chosen' : `${chosen.length} chosen`}`}
            value={chosen}
            onChange={setChosen}
          >
            <Stack gap={6} mt={6}>
              {(projects.data ?? []).map(({ id, name: label, is_default }) => (
                <Checkbox key={id} value={id} label={is_default ? `${label} (default)` : label} />
              ))}
            </Stack>
          </Checkbox.Group>
          {chosen.length > 0 && (
            <Select
              label="Project role"
              description="One role for all projects chosen"
              placeholder="Select a project role"
              required
              data={roles
                .filter(({ scope }) => scope === 'project')
                .map(({ id, name: label, permissions }) => ({
                  value: id,
                  label: `${label} (${permissions.length})`,
                }))}
              value={projectRoleId}
              onChange={setProjectRoleId}
            />
          )}
        </>
      )}
      <Select
        label="Expiration"
        description="A key that is forgotten ends by itself; regenerating begins the time anew"
        data={expirations}
        value={expiration}
        onChange={(value) => value !== null && setExpiration(value)}
        allowDeselect={false}
      />
      <div>
        <Text size="sm" fw={500} mb={4}>
          What it will be able to do
        </Text>
        <PermissionPreview
          roles={[
            {
              title: accountRole === undefined ? 'Account: nothing' : `Account (${accountRole.name})`,
              permissions: accountRole?.permissions ?? [],
            },
            ...(isOwner
              ? [
                  {
                    title: 'All projects: everything',
                    permissions: roles.find(({ slug }) => slug === 'project-admin')?.permissions ?? [],
                  },
                ]
              : projectRole === undefined || chosen.length === 0
                ? []
                : [
                    {
                      title: `${plural(chosen.length, 'project')} (${projectRole.name})`,
                      permissions: projectRole.permissions,
                    },
                  ]),
          ]}
        />
      </div>
    </FormDialog>
  );
}
