import { Select, Text, Textarea, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import type { SecurityGroup, SecurityGroupTemplate } from '@raffia/client/client.ts';
import { filterOfGroups } from '@raffia/contract/filter-of-groups.ts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { networkStale } from '../api/interfaces.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { ValuesDialog } from './form-dialog.tsx';
import { wordsOf } from './rule-words.ts';
import { toast } from './toast.tsx';

/** What groups can begin with. */
export function useGroupTemplates(): readonly SecurityGroupTemplate[] {
  const { account, api } = useCurrent();
  const { data } = useQuery({
    queryKey: [account.id, 'security-group-templates'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => (await api.listSecurityGroupTemplates({}, { signal })).data,
  });
  return data ?? [];
}

const none = 'none';

/** @param from one whose rules the new group gets */
export function CreateGroup({ from, onClose }: { from?: SecurityGroup; onClose: () => void }) {
  const { api } = useCurrent();
  const { project, projects, toThing } = useScope();
  const may = useMay();
  const navigate = useNavigate();
  const templates = useGroupTemplates();
  const places = projects.filter(({ id }) => may('security_group.create', id));
  const form = useForm({
    initialValues: {
      name: from === undefined ? '' : `${from.name} copy`.slice(0, 64),
      description: from?.description ?? '',
      template: 'ssh-only',
      project: from?.project_id ?? project?.id ?? places[0]?.id ?? '',
    },
    validateInputOnBlur: true,
    validate: { name: isNotEmpty('A firewall group needs a name'), project: isNotEmpty('Choose a project') },
  });
  const { template } = form.values;
  const rules = from?.rules ?? templates.find(({ id }) => id === template)?.rules;
  const create = useChange(
    ({ name, description, project: projectId }: typeof form.values) =>
      api.createSecurityGroup(
        {
          body: {
            name: name.trim(),
            ...(description.trim() === '' ? {} : { description: description.trim() }),
            ...(from !== undefined ? { rules: from.rules } : template === none ? {} : { template_id: template }),
          },
        },
        { projectId },
      ),
    {
      stale: networkStale,
      onDone: ({ data }) => {
        onClose();
        toast(`${data.name} is created`);
        void navigate(toThing(`networks/firewall/${data.id}`, data.project_id));
      },
    },
  );
  return (
    <ValuesDialog
      title={from === undefined ? 'Create firewall group' : `Copy ${from.name}`}
      action="Create firewall group"
      change={create}
      form={form}
      onSubmit={(values) => create.mutate(values)}
      onClose={onClose}
    >
      <TextInput data-autofocus label="Name" maxLength={64} {...form.getInputProps('name')} />
      {project === undefined && from === undefined && (
        <Select
          label="Project"
          data={places.map(({ id, name }) => ({ value: id, label: name }))}
          allowDeselect={false}
          {...form.getInputProps('project')}
        />
      )}
      {from === undefined && (
        <Select
          label="Start from"
          data={[...templates.map(({ id, name }) => ({ value: id, label: name })), { value: none, label: 'No rules' }]}
          allowDeselect={false}
          {...form.getInputProps('template')}
        />
      )}
      <Text size="sm" c="dimmed" component="div" aria-live="polite">
        {template === none && from === undefined
          ? 'Everything is refused until you add rules.'
          : rules !== undefined &&
            [...wordsOf(filterOfGroups([rules]), 'inbound'), ...wordsOf(filterOfGroups([rules]), 'outbound')].map(
              ({ text }) => <div key={text}>{text}.</div>,
            )}
      </Text>
      <Textarea
        label="Description (optional)"
        autosize
        minRows={1}
        maxLength={500}
        {...form.getInputProps('description')}
      />
    </ValuesDialog>
  );
}

/** Another name or description. */
export function EditGroup({ group, onClose }: { group: SecurityGroup; onClose: () => void }) {
  const { api } = useCurrent();
  const form = useForm({
    initialValues: { name: group.name, description: group.description ?? '' },
    validateInputOnBlur: true,
    validate: { name: isNotEmpty('A firewall group needs a name') },
  });
  const save = useChange(
    ({ name, description }: typeof form.values) =>
      api.updateSecurityGroup(
        { id: group.id, body: { name: name.trim(), description: description.trim() } },
        { projectId: group.project_id ?? '' },
      ),
    {
      stale: networkStale,
      onDone: (_, { name }) => {
        onClose();
        toast(
          name.trim() === group.name
            ? `${group.name} has a new description`
            : `${group.name} is called ${name.trim()} now`,
        );
      },
    },
  );
  return (
    <ValuesDialog
      title={`Rename ${group.name}`}
      action="Save firewall group"
      change={save}
      form={form}
      onSubmit={(values) => save.mutate(values)}
      onClose={onClose}
    >
      <TextInput data-autofocus label="Name" maxLength={64} {...form.getInputProps('name')} />
      <Textarea
        label="Description (optional)"
        autosize
        minRows={1}
        maxLength={500}
        {...form.getInputProps('description')}
      />
    </ValuesDialog>
  );
}

export function DeleteGroup({
  group,
  onClose,
  onDone,
}: {
  group: SecurityGroup;
  onClose: () => void;
  onDone?: () => void;
}) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteSecurityGroup({ id: group.id }, { projectId: group.project_id ?? '' }), {
    stale: networkStale,
    onDone: () => {
      onClose();
      toast(`${group.name} is deleted`);
      onDone?.();
    },
  });
  return (
    <DestroyDialog
      title={`Delete ${group.name}`}
      names={[group.name]}
      action={`Delete ${group.name}`}
      goes={[`The group and its ${group.rules.length} rules. You can't undo this.`]}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
