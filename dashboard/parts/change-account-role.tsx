import { useForm } from '@mantine/form';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { ValuesDialog } from './form-dialog.tsx';
import type { Person } from './people.ts';
import { RoleSelect } from './role-select.tsx';
import { toast } from './toast.tsx';

/** Another role in the account, or the first for somebody who has roles on projects alone. */
export function ChangeAccountRole({
  person: { member, userId },
  name,
  onClose,
}: {
  person: Person;
  name: string;
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const form = useForm({
    initialValues: { role: member?.role_id ?? (null as string | null) },
    validate: {
      role: (value) => (value === null ? 'Choose a role' : value === member?.role_id ? 'Choose another role' : null),
    },
  });
  const change = useChange(
    async (role: string) =>
      member === undefined
        ? api.addMember({ body: { target_user_id: userId ?? '', role_id: role } })
        : api.updateMember({ id: member.id, body: { role_id: role } }),
    {
      stale: ['members', 'api-keys', 'audit'],
      onDone: ({ data }) => {
        onClose();
        toast(
          member?.status === 'pending'
            ? `The invitation to ${name} is for the role ${data?.role_name} now`
            : `${name} is ${data?.role_name} now`,
        );
      },
    },
  );
  return (
    <ValuesDialog
      title={`Account role of ${name}`}
      action={member === undefined ? 'Give role' : 'Change role'}
      change={change}
      form={form}
      onSubmit={({ role }) => change.mutate(role ?? '')}
      onClose={onClose}
    >
      <RoleSelect isFirst label="Role" scope="account" {...form.getInputProps('role')} value={form.values.role} />
    </ValuesDialog>
  );
}
