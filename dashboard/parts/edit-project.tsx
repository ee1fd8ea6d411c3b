import { Textarea, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import type { Project } from '@raffia/client/client.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { ValuesDialog } from './form-dialog.tsx';
import { toast } from './toast.tsx';

/** Makes a project, or changes what one is called. */
export function EditProject({ project, onClose }: { project: Project | null; onClose: () => void }) {
  const { api } = useCurrent();
  const { to } = useScope();
  const form = useForm({
    initialValues: { name: project?.name ?? '', description: project?.description ?? '' },
    validateInputOnBlur: true,
    validate: { name: isNotEmpty('A project needs a name') },
  });
  const save = useChange(
    async ({ name, description }: typeof form.values) => {
      const body = { name: name.trim(), description: description.trim() };
      return project === null ? api.createProject({ body }) : api.updateProject({ id: project.id, body });
    },
    {
      stale: ['projects', 'session', 'audit'],
      onDone: ({ data }) => {
        onClose();
        if (project === null) toast(`${data.name} is created`, { to: to('project', '', data) });
        else if (project.name !== data.name) toast(`${project.name} is called ${data.name} now`);
        else toast(`${data.name} has its new description`);
      },
    },
  );
  return (
    <ValuesDialog
      title={project === null ? 'Create project' : `Edit ${project.name}`}
      action={project === null ? 'Create project' : 'Save project'}
      change={save}
      form={form}
      onSubmit={(values) => save.mutate(values)}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label="Name"
        placeholder="Production"
        maxLength={64}
        {...(project === null
          ? { description: "VMs, networks and volumes belong to one project and can't move." }
          : { description: `Its address stays ${project.slug}.` })}
        {...form.getInputProps('name')}
      />
      <Textarea
        label="Description (optional)"
        autosize
        minRows={2}
        maxLength={500}
        {...form.getInputProps('description')}
      />
    </ValuesDialog>
  );
}
