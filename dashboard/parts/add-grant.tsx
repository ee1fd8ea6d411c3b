import { useForm } from '@mantine/form';
import type { Project } from '@raffia/client/client.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { ValuesDialog } from './form-dialog.tsx';
import { RoleSelect } from './role-select.tsx';
import { type ThingOption, ThingSelect } from './thing-select.tsx';
import { toast } from './toast.tsx';

/** Who gets a role: a person, or a key that is a member. */
export type Holder = { readonly target_user_id: string } | { readonly api_key_id: string };

interface Other {
  readonly id: string;
  readonly name: string;
  readonly holder: Holder;
}

/**
 * Gives somebody a role on a project, from either end: one of the two is known, and the other is asked for.
 *
 * @param asks for which of the two; the other list has the one that it is about
 */
export function AddGrant({
  asks,
  people,
  projects,
  onClose,
}: {
  asks: 'person' | 'project';
  people: readonly Other[];
  projects: readonly Pick<Project, 'id' | 'name'>[];
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const [person] = asks === 'project' ? people : [];
  const [project] = asks === 'person' ? projects : [];
  const form = useForm({
    initialValues: {
      person: person?.id ?? (null as string | null),
      project: project?.id ?? (null as string | null),
      role: null as string | null,
    },
    validate: {
      person: (value) => (value === null ? 'Choose a member' : null),
      project: (value) => (value === null ? 'Choose a project' : null),
      role: (value) => (value === null ? 'Choose a role' : null),
    },
  });
  const chosen = people.find(({ id }) => id === form.values.person);
  const where = projects.find(({ id }) => id === form.values.project);
  const add = useChange(
    async (values: typeof form.values) =>
      api.addProjectMember({
        id: values.project ?? '',
        body: { ...(chosen?.holder as Holder), role_id: values.role ?? '' },
      }),
    {
      stale: ['project-members', 'members', 'api-keys', 'audit'],
      onDone: ({ data }) => {
        onClose();
        toast(`${chosen?.name} is ${data.role_name} in ${where?.name}`);
      },
    },
  );
  const options = (things: readonly { id: string; name: string }[]): readonly ThingOption[] =>
    things.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <ValuesDialog
      title={asks === 'project' ? `Add ${person?.name} to a project` : `Add member to ${project?.name}`}
      action={asks === 'project' ? 'Add to project' : 'Add member'}
      change={add}
      form={form}
      onSubmit={(values) => add.mutate(values)}
      onClose={onClose}
    >
      {asks === 'person' && (
        <ThingSelect
          isFirst
          label="Member"
          description="Not a member yet? Invite them under Members."
          options={options(people)}
          nothing="Every member has a role here"
          {...form.getInputProps('person')}
          value={form.values.person}
        />
      )}
      {asks === 'project' && (
        <ThingSelect
          isFirst
          label="Project"
          options={options(projects)}
          nothing="They have a role in every project"
          {...form.getInputProps('project')}
          value={form.values.project}
        />
      )}
      <RoleSelect label="Project role" scope="project" {...form.getInputProps('role')} value={form.values.role} />
    </ValuesDialog>
  );
}
