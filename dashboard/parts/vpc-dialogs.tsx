import { Radio, Select, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import type { VPC } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { useCatalogue } from '../api/catalogue.ts';
import { networkStale } from '../api/interfaces.ts';
import { useAccount } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { FormDialog, ValuesDialog } from './form-dialog.tsx';
import { Meter } from './meter.tsx';
import { toast } from './toast.tsx';

const sizes: Readonly<Record<string, string>> = { small: 'Small', medium: 'Medium', large: 'Large' };
const own = 'own';

const isBlock = (text: string) => /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/.test(text.trim());
const isAddress = (text: string) => /^(\d{1,3}\.){3}\d{1,3}$/.test(text.trim());

/** A private network with a block that overlaps none of the account: one that is suggested, or one's own. */
export function CreateVpc({ onClose }: { onClose: () => void }) {
  const { account, api } = useCurrent();
  const { project, projects, toThing } = useScope();
  const may = useMay();
  const navigate = useNavigate();
  const { data: catalogue } = useCatalogue();
  const quota = useAccount().data?.quota.vpcs;
  const { data: suggested } = useQuery({
    queryKey: [account.id, 'vpcs', 'suggestions'],
    queryFn: async ({ signal }) => api.listVPCCIDRSuggestions({}, { signal }),
    staleTime: 0,
  });
  const places = projects.filter(({ id }) => may('vpc.create', id));
  const form = useForm({
    initialValues: {
      name: '',
      block: '',
      cidr: '',
      region: '',
      dns: '',
      description: '',
      hasGateway: false,
      project: project?.id ?? places[0]?.id ?? '',
    },
    validateInputOnBlur: true,
    validate: {
      name: isNotEmpty('A VPC needs a name'),
      project: isNotEmpty('Choose a project'),
      cidr: (value, { block }) =>
        block !== own || isBlock(value) ? null : 'Write a block such as 10.0.1.0/24, from /16 to /28',
      dns: (value) => (value.trim() === '' || isAddress(value) ? null : 'Write an address such as 1.1.1.1'),
    },
  });
  const block = form.values.block || suggested?.suggested || own;
  const create = useChange(
    (values: typeof form.values) =>
      api.createVPC(
        {
          body: {
            name: values.name.trim(),
            cidr: block === own ? values.cidr.trim() : block,
            ...(values.region === '' ? {} : { region: values.region as VPC['region'] & 'us-east' }),
            ...(values.dns.trim() === '' ? {} : { dns: values.dns.trim() }),
            ...(values.description.trim() === '' ? {} : { description: values.description.trim() }),
            ...(values.hasGateway ? { gateway_type: 'nat' as const } : {}),
          },
        },
        { projectId: values.project },
      ),
    {
      stale: networkStale,
      onDone: ({ data }) => {
        onClose();
        toast(`${data.name} is created`);
        void navigate(toThing(`networks/vpcs/${data.id}`, data.project_id));
      },
    },
  );
  const regions = catalogue?.regions ?? [];
  return (
    <ValuesDialog
      title="Create VPC"
      action="Create VPC"
      change={create}
      form={form}
      onSubmit={(values) =>
        block === own && !isBlock(values.cidr)
          ? form.setFieldError('cidr', 'Write a block such as 10.0.1.0/24, from /16 to /28')
          : create.mutate(values)
      }
      onClose={onClose}
    >
      <TextInput data-autofocus label="Name" maxLength={64} {...form.getInputProps('name')} />
      {project === undefined && (
        <Select
          label="Project"
          data={places.map(({ id, name }) => ({ value: id, label: name }))}
          allowDeselect={false}
          {...form.getInputProps('project')}
        />
      )}
      <Radio.Group
        label="Block"
        description="The private addresses of the network. It can't be changed later."
        value={block}
        onChange={(value) => form.setFieldValue('block', value)}
      >
        <Stack gap="xs" mt={6}>
          {(suggested?.alternatives ?? []).map(({ cidr = '', available_ips = 0, size = '' }) => (
            <Radio
              key={cidr}
              value={cidr}
              label={
                <>
                  <span className="mono">{cidr}</span> · {sizes[size] ?? size}
                </>
              }
              description={`${available_ips.toLocaleString('en')} VMs at most`}
            />
          ))}
          <Radio
            value={own}
            label="Another block"
            description="A private one, from /16 to /28, that overlaps no VPC of the account"
          />
        </Stack>
      </Radio.Group>
      {block === own && (
        <TextInput
          label="CIDR block"
          placeholder="10.0.1.0/24"
          className="mono-field"
          spellCheck={false}
          {...form.getInputProps('cidr')}
        />
      )}
      {regions.length > 1 && (
        <Select
          label="Region"
          data={regions.map(({ code, name }) => ({ value: code, label: name }))}
          allowDeselect={false}
          {...form.getInputProps('region')}
          value={form.values.region || (regions.find(({ is_default }) => is_default)?.code ?? null)}
        />
      )}
      <Switch
        label="NAT gateway"
        description="VMs without a public IP reach the internet through a shared address. Nothing reaches them from there."
        {...form.getInputProps('hasGateway', { type: 'checkbox' })}
      />
      <TextInput
        label="DNS server (optional)"
        placeholder="8.8.8.8"
        className="mono-field"
        spellCheck={false}
        {...form.getInputProps('dns')}
      />
      {quota !== undefined && <Meter label="VPCs after this" used={quota.used} more={1} limit={quota.limit} />}
    </ValuesDialog>
  );
}

/** Another name, description or name server. */
export function EditVpc({ vpc, onClose }: { vpc: VPC; onClose: () => void }) {
  const { api } = useCurrent();
  const form = useForm({
    initialValues: { name: vpc.name, description: vpc.description ?? '', dns: vpc.dns ?? '' },
    validateInputOnBlur: true,
    validate: {
      name: isNotEmpty('A VPC needs a name'),
      dns: (value) => (isAddress(value) ? null : 'Write an address such as 1.1.1.1'),
    },
  });
  const save = useChange(
    ({ name, description, dns }: typeof form.values) =>
      api.updateVPC(
        {
          id: vpc.id,
          body: {
            ...(name.trim() === vpc.name ? {} : { name: name.trim() }),
            description: description.trim(),
            ...(dns.trim() === vpc.dns ? {} : { dns: dns.trim() }),
          },
        },
        { projectId: vpc.project_id ?? '' },
      ),
    {
      stale: networkStale,
      onDone: (_, { name }) => {
        onClose();
        toast(name.trim() === vpc.name ? `${vpc.name} is changed` : `${vpc.name} is called ${name.trim()} now`);
      },
    },
  );
  return (
    <ValuesDialog
      title={`Change ${vpc.name}`}
      action="Save VPC"
      change={save}
      form={form}
      onSubmit={(values) => save.mutate(values)}
      onClose={onClose}
    >
      <TextInput data-autofocus label="Name" maxLength={64} {...form.getInputProps('name')} />
      <TextInput
        label="DNS server"
        description="Its VMs are told at once."
        className="mono-field"
        spellCheck={false}
        {...form.getInputProps('dns')}
      />
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

/** The NAT gateway, added or removed. */
export function ChangeGateway({ vpc, onClose }: { vpc: VPC; onClose: () => void }) {
  const { api } = useCurrent();
  const isOpen = vpc.gateway_type === 'nat' && vpc.router_status !== 'failure';
  const change = useChange(
    () =>
      api.updateVPC(
        { id: vpc.id, body: { gateway_type: isOpen ? 'none' : 'nat' } },
        { projectId: vpc.project_id ?? '' },
      ),
    {
      stale: networkStale,
      onDone: () => {
        onClose();
        toast(isOpen ? `Removing the NAT gateway of ${vpc.name}` : `Adding a NAT gateway to ${vpc.name}`, {
          isWork: true,
        });
      },
    },
  );
  return (
    <FormDialog
      title={isOpen ? `Remove the NAT gateway of ${vpc.name}` : `Add a NAT gateway to ${vpc.name}`}
      action={isOpen ? 'Remove NAT gateway' : 'Add NAT gateway'}
      change={change}
      isDestructive={isOpen}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {isOpen
          ? `VMs without a public IP can't reach the internet from now on. ${vpc.router_public_ip ?? 'Its address'} returns to the pool.`
          : 'VMs without a public IP reach the internet through a shared address of the pool, free of charge. Nothing reaches them from there.'}
      </Text>
    </FormDialog>
  );
}

export function DeleteVpc({ vpc, onClose, onDone }: { vpc: VPC; onClose: () => void; onDone?: () => void }) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteVPC({ id: vpc.id }, { projectId: vpc.project_id ?? '' }), {
    stale: networkStale,
    onDone: () => {
      onClose();
      toast(`${vpc.name} is deleted`);
      onDone?.();
    },
  });
  return (
    <DestroyDialog
      title={`Delete ${vpc.name}`}
      names={[vpc.name]}
      action={`Delete ${vpc.name}`}
      goes={[
        `The network ${vpc.cidr}. You can't undo this, but you can use the block again.`,
        ...(vpc.gateway_type === 'nat' ? [`Its NAT gateway, ${vpc.router_public_ip ?? 'with its address'}`] : []),
      ]}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
