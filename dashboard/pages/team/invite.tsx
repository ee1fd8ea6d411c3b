import { Alert, Button, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import type { Scope } from '@raffia/contract/enums.ts';
import { useState } from 'react';
import { useProjects } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { CopyIcon } from '../../parts/copy.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { RoleSelect } from '../../parts/role-select.tsx';

export interface Invited {
  readonly email: string;
  /** Where no mail is sent: what the inviter hands over. */
  readonly link: string | undefined;
}

export function Invite({ onInvited, onClose }: { onInvited: (invited: Invited) => void; onClose: () => void }) {
  const { api } = useCurrent();
  const { project } = useScope();
  const projects = useProjects();
  const [email, setEmail] = useState('');
  const [scope, setScope] = useState<Scope>('account');
  const [projectId, setProjectId] = useState<string | null>(project?.id ?? null);
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
  const isValid = email.trim() !== '' && roleId !== null && (scope === 'account' || projectId !== null);
  return (
    <FormDialog
      title="Invite member"
      action="Send invitation"
      change={invite}
      isReady={isValid}
      onSubmit={() => invite.mutate()}
      onClose={onClose}
    >
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
          setScope(value as Scope);
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
      <RoleSelect label="Role" scope={scope} value={roleId} onChange={setRoleId} />
    </FormDialog>
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
