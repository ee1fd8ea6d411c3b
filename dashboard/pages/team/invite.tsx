import { Alert, Button, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useProjects, useRoles } from '../../api/lists.ts';
import { useCurrent, useMay } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { CopyIcon } from '../../parts/copy.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';

export interface Invited {
  readonly email: string;
  /** Where no mail is sent: what the inviter hands over. */
  readonly link: string | undefined;
}

export function Invite({ onInvited, onClose }: { onInvited: (invited: Invited) => void; onClose: () => void }) {
  const { api, account, projectId: current } = useCurrent();
  const may = useMay();
  const roles = useRoles();
  const projects = useProjects();
  const [email, setEmail] = useState('');
  const [scope, setScope] = useState<'account' | 'project'>('account');
  const [projectId, setProjectId] = useState<string | null>(current ?? null);
  const [roleId, setRoleId] = useState<string | null>(null);
  const invite = useChange(
    async () => {
      const body = { email: email.trim(), role_id: roleId ?? '' };
      const { data } =
        scope === 'account'
          ? await api.createAccountInvitation({ body })
          : await api.createProjectInvitation({ id: projectId ?? '', body });
      return { email: data.email, link: data.accept_url };
    },
    { stale: ['members', 'project-members', 'audit'], onDone: onInvited },
  );
  const givable = (roles.data ?? []).filter(
    (role) =>
      role.scope === scope &&
      role.slug !== 'owner' &&
      (scope === 'project' || account.is_owner || role.permissions.every((name) => may(name))),
  );
  const isValid = email.trim() !== '' && roleId !== null && (scope === 'account' || projectId !== null);
  return (
    <Modal opened onClose={onClose} title="Invite member" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isValid) invite.mutate();
        }}
      >
        <Stack>
          <TextInput
            data-autofocus
            label="E-mail"
            type="email"
            placeholder="colleague@example.com"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            required
          />
          <Radio.Group
            label="To what"
            value={scope}
            onChange={(value) => {
              setScope(value as 'account' | 'project');
              setRoleId(null);
            }}
          >
            <Stack gap={6} mt={4}>
              <Radio value="account" label="The account" description="Keys, members, projects, settings" />
              <Radio value="project" label="One project" description="Its machines and networks, and nothing else" />
            </Stack>
          </Radio.Group>
          {scope === 'project' && (
            <Select
              label="Project"
              data={(projects.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
              value={projectId}
              onChange={setProjectId}
              required
            />
          )}
          <Select
            label="Role"
            placeholder="Select a role"
            data={givable.map(({ id, name, permissions }) => ({ value: id, label: `${name} (${permissions.length})` }))}
            value={roleId}
            onChange={setRoleId}
            required
          />
          <ErrorNotice error={invite.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={invite.isPending} disabled={!isValid}>
              Send invitation
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function InvitationLink({ invited, onClose }: { invited: Invited; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Invited" centered>
      <Stack>
        {invited.link === undefined ? (
          <Text size="sm">The invitation is on its way to {invited.email}. It holds for 7 days.</Text>
        ) : (
          <>
            <Alert color="yellow" variant="outline">
              This cloud sends no mail: hand this link to {invited.email} yourself. It works once, for 7 days, and is
              shown only now.
            </Alert>
            <Group wrap="nowrap">
              <TextInput aria-label="Invitation link" value={invited.link} readOnly style={{ flex: 1 }} />
              <CopyIcon value={invited.link} label="Copy the link" />
            </Group>
          </>
        )}
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
