import { Button, Group, Select, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Role } from '@raffia/client/client.ts';
import type { Scope } from '@raffia/contract/enums.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { ValuesDialog } from './form-dialog.tsx';
import { permissionsIn } from './permission-groups.ts';
import { PermissionGrid } from './permissions.tsx';
import { slugOf } from './roles.ts';
import { toast } from './toast.tsx';

export type RoleDraft = Pick<Role, 'name' | 'scope' | 'permissions'> & { id?: string; description?: string };

/** A role's scope is chosen once: what it may hold is another list for accounts than for projects. */
export function EditRole({ draft, onClose }: { draft: RoleDraft; onClose: () => void }) {
  const { api } = useCurrent();
  const { to } = useScope();
  const isNew = draft.id === undefined;
  const form = useForm({
    initialValues: {
      name: draft.name,
      description: draft.description ?? '',
      scope: draft.scope,
      permissions: [...draft.permissions],
    },
    validate: {
      name: (value) => (slugOf(value) === '' ? 'A role needs a name with a letter or digit' : null),
      permissions: (value) => (value.length === 0 ? 'Choose at least one permission' : null),
    },
  });
  const { scope, permissions } = form.values;
  const all = permissionsIn(scope);
  const save = useChange(
    async (values: typeof form.values) => {
      const body = {
        name: values.name.trim(),
        description: values.description.trim(),
        permissions: values.permissions,
      };
      return draft.id === undefined
        ? api.createRole({ body: { ...body, slug: slugOf(values.name), scope: values.scope } })
        : api.updateRole({ id: draft.id, body });
    },
    {
      stale: ['roles', 'session', 'audit'],
      onDone: ({ data }) => {
        onClose();
        toast(isNew ? `${data.name} is created` : `${data.name} is changed. Who has it can do so from now on.`, {
          to: to('account', `team/roles/${data.id}`),
        });
      },
    },
  );
  const choose = (chosen: string[]) => form.setFieldValue('permissions', chosen);
  return (
    <ValuesDialog
      title={isNew ? 'Create role' : `Edit ${draft.name}`}
      action={isNew ? 'Create role' : 'Save role'}
      change={save}
      form={form}
      size="xl"
      onSubmit={(values) => save.mutate(values)}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label="Role name"
        placeholder="Developer"
        maxLength={64}
        {...form.getInputProps('name')}
      />
      <Textarea label="Description (optional)" autosize maxLength={1000} {...form.getInputProps('description')} />
      <Select
        label="Scope"
        description="Can't be changed later"
        data={[
          { value: 'project', label: 'Project: VMs, networks, members' },
          { value: 'account', label: 'Account: keys, roles, settings' },
        ]}
        value={scope}
        onChange={(value) => form.setValues({ scope: value as Scope, permissions: [] })}
        disabled={!isNew}
        allowDeselect={false}
      />
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          {permissions.length} of {all.length} permissions
        </Text>
        <Group gap="xs">
          <Button variant="default" size="xs" onClick={() => choose(all)}>
            Select all
          </Button>
          <Button variant="default" size="xs" onClick={() => choose([])}>
            Clear
          </Button>
        </Group>
      </Group>
      <PermissionGrid scope={scope} held={permissions} onChange={choose} />
      {form.errors.permissions !== undefined && (
        <Text size="xs" c="var(--raffia-danger)" role="alert">
          {form.errors.permissions}
        </Text>
      )}
    </ValuesDialog>
  );
}
