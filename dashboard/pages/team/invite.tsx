import { Radio, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Scope } from '@raffia/contract/enums.ts';
import { useProjects } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { ValuesDialog } from '../../parts/form-dialog.tsx';
import { RoleSelect } from '../../parts/role-select.tsx';
import { ThingSelect } from '../../parts/thing-select.tsx';

export interface Invited {
  readonly email: string;
  /** Where no mail is sent: what the inviter hands over. */
  readonly link: string | undefined;
  readonly expiresAt: string | undefined;
}

export function Invite({ onInvited, onClose }: { onInvited: (invited: Invited) => void; onClose: () => void }) {
  const { api } = useCurrent();
  const { project } = useScope();
  const projects = useProjects();
  const form = useForm({
    initialValues: {
      email: '',
      scope: 'account' as Scope,
      projectId: project?.id ?? (null as string | null),
      roleId: null as string | null,
    },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : 'Enter an email address, such as you@example.com'),
      projectId: (value, { scope }) => (scope === 'project' && value === null ? 'Choose a project' : null),
      roleId: (value) => (value === null ? 'Choose a role' : null),
    },
  });
  const { scope } = form.values;
  const invite = useChange(
    async (values: typeof form.values) => {
      const body = { email: values.email.trim(), role_id: values.roleId ?? '' };
      const { data } =
        values.scope === 'account'
          ? await api.createAccountInvitation({ body })
          : await api.createProjectInvitation({ id: values.projectId ?? '', body });
      return { email: data.email, link: data.accept_url, expiresAt: data.expires_at };
    },
    { stale: ['members', 'project-members', 'audit'], onDone: onInvited },
  );
  return (
    <ValuesDialog
      title="Invite member"
      action="Send invitation"
      change={invite}
      form={form}
      onSubmit={(values) => invite.mutate(values)}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label="Email"
        type="email"
        placeholder="colleague@example.com"
        {...form.getInputProps('email')}
      />
      <Radio.Group
        label="Access to"
        {...form.getInputProps('scope')}
        onChange={(value) => form.setValues({ scope: value as Scope, roleId: null })}
      >
        <Stack gap={6} mt={4}>
          <Radio value="account" label="Whole account" description="Keys, members, projects and settings" />
          <Radio value="project" label="One project" description="Its VMs and networks, and nothing else" />
        </Stack>
      </Radio.Group>
      {scope === 'project' && (
        <ThingSelect
          label="Project"
          options={(projects.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          nothing="There is no project"
          {...form.getInputProps('projectId')}
          value={form.values.projectId}
        />
      )}
      <RoleSelect label="Role" scope={scope} {...form.getInputProps('roleId')} value={form.values.roleId} />
    </ValuesDialog>
  );
}
