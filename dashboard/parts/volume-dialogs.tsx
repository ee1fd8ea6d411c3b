import { NumberInput, Select, Text, TextInput } from '@mantine/core';
import { isInRange, isNotEmpty, useForm } from '@mantine/form';
import type { VM, Volume } from '@raffia/client/client.ts';
import { filesystems } from '@raffia/contract/enums.ts';
import { limits } from '@raffia/contract/vm-rules.ts';
import { vmActions } from '@raffia/contract/vm-states.ts';
import { volumeActions } from '@raffia/contract/volume-states.ts';
import { useCatalogue, useStoragePrices } from '../api/catalogue.ts';
import { useAccount, useVms, useVolumes } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { CostLines } from './cost-lines.tsx';
import { DestroyDialog } from './destroy-dialog.tsx';
import { FormDialog, ValuesDialog } from './form-dialog.tsx';
import { inDollars, monthly, monthlyOf } from './price.ts';
import { toast } from './toast.tsx';
import { wordOfVm } from './vm-status.tsx';

const stale = ['volumes', 'vms', 'vm', 'operations', 'account', 'audit'];
const inProject = ({ project_id = '' }: { readonly project_id?: string }) => ({ projectId: project_id });
const wholeGigabytes = (least: number) =>
  isInRange(
    { min: least, max: limits.extraStorage },
    `From ${least.toLocaleString('en')} to ${limits.extraStorage.toLocaleString('en')} GB`,
  );

/** Machines to choose from; one whose state forbids it is there, and says so. */
function choicesOf(vms: readonly VM[], action: 'attachVolume' | 'attachNewVolume') {
  return vms.map(({ id, name, status }) => {
    const isReady = vmActions.runs(action, status);
    return { value: id, label: isReady ? name : `${name} (${wordOfVm(status).toLowerCase()})`, disabled: !isReady };
  });
}

/** @param vm the machine that it is for, where one is looked at */
export function CreateVolumeDialog({ vm, onClose }: { vm?: VM; onClose: () => void }) {
  const { api } = useCurrent();
  const { project: looked, projects, toThing } = useScope();
  const may = useMay();
  const vms = useVms();
  const catalogue = useCatalogue();
  const account = useAccount();
  const makers = projects.filter(({ id }) => may('volume.create', id));
  const regions = catalogue.data?.regions ?? [];
  const form = useForm({
    initialValues: {
      name: '',
      size: 20 as number | string,
      projectId: vm?.project_id ?? looked?.id ?? (makers.find(({ is_default }) => is_default) ?? makers[0])?.id ?? null,
      vmId: vm?.id ?? null,
      filesystem: 'ext4',
      region: null as string | null,
    },
    validateInputOnBlur: true,
    validate: {
      name: isNotEmpty('A volume needs a name'),
      size: wholeGigabytes(1),
      projectId: isNotEmpty('Choose a project'),
    },
  });
  const { name, size, projectId, vmId, filesystem, region } = form.values;
  const attached = vm ?? vms.data?.find(({ id }) => id === vmId);
  const first = regions.find(({ is_default }) => is_default)?.code ?? regions[0]?.code;
  const prices = useStoragePrices(attached?.region ?? region ?? first ?? '');
  const month = (prices.data?.volume ?? 0) * (Number(size) || 0);
  const create = useChange(
    () =>
      api.createVolume(
        {
          body: {
            name: name.trim(),
            size: Number(size),
            volume_type: 'nvme',
            filesystem_type: filesystem as 'ext4',
            ...(vmId === null ? {} : { vm_id: vmId }),
            ...(vmId !== null || region === null ? {} : { region: region as NonNullable<Volume['region']> }),
          },
        },
        { projectId: projectId ?? '' },
      ),
    {
      stale,
      onDone: ({ data }) => {
        onClose();
        toast(
          attached === undefined
            ? `${data.name} is being created`
            : `${data.name} is being attached to ${attached.name}`,
          { to: toThing(`volumes/${data.id}`, data.project_id), isWork: true },
        );
      },
    },
  );
  return (
    <ValuesDialog
      title={vm === undefined ? 'Create volume' : `Create volume for ${vm.name}`}
      action="Create volume"
      change={create}
      form={form}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextInput data-autofocus label="Name" maxLength={64} {...form.getInputProps('name')} />
      {vm === undefined && looked === undefined && (
        <Select
          label="Project"
          description="A volume stays in its project"
          data={makers.map(({ id, name: label }) => ({ value: id, label }))}
          allowDeselect={false}
          {...form.getInputProps('projectId')}
          onChange={(value) => form.setValues({ projectId: value, vmId: null })}
        />
      )}
      <NumberInput
        label="Size, GB"
        description="A volume can grow later, but not shrink"
        min={1}
        max={limits.extraStorage}
        allowDecimal={false}
        clampBehavior="none"
        {...form.getInputProps('size')}
      />
      {vm === undefined && (
        <Select
          label="Attach to"
          placeholder="No VM for now"
          clearable
          searchable
          openOnFocus={false}
          nothingFoundMessage="No VM in this project"
          data={choicesOf(
            (vms.data ?? []).filter((one) => one.project_id === projectId),
            'attachNewVolume',
          )}
          {...form.getInputProps('vmId')}
        />
      )}
      {vmId === null && regions.length > 1 && (
        <Select
          label="Region"
          description="Only VMs of the same region can have it"
          data={regions.map(({ code, name: label }) => ({ value: code, label }))}
          placeholder="The project's own"
          clearable
          {...form.getInputProps('region')}
        />
      )}
      <Select
        label="File system"
        description="Created when the volume is first attached. Mount it inside the VM."
        data={[
          ...filesystems.map((one) => ({ value: one, label: one })),
          { value: '', label: 'None, I format it myself' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('filesystem')}
      />
      {prices.data !== undefined && (
        <CostLines
          lines={[
            {
              what: `${Number(size) || 0} GB at ${inDollars(prices.data.volume)} per GB`,
              amount: `${inDollars(month)} a month`,
            },
            ...(account.data?.billing_mode === 'subscription'
              ? [{ what: 'Charged now, for the first month', amount: inDollars(month) }]
              : []),
          ]}
        />
      )}
    </ValuesDialog>
  );
}

/** Brings a volume and a machine together: whichever of them is not known is chosen. */
export function AttachVolumeDialog({ volume, vm, onClose }: { volume?: Volume; vm?: VM; onClose: () => void }) {
  const { api } = useCurrent();
  const { toThing } = useScope();
  const vms = useVms();
  const volumes = useVolumes();
  const form = useForm({
    initialValues: { vmId: vm?.id ?? null, volumeId: volume === undefined ? null : String(volume.id) },
    validate: { vmId: isNotEmpty('Choose a VM'), volumeId: isNotEmpty('Choose a volume') },
  });
  const known = volume ?? vm;
  const isNear = (thing: { readonly project_id?: string; readonly region?: string }) =>
    thing.project_id === known?.project_id && thing.region === known?.region;
  const free = (volumes.data ?? []).filter(
    (one) => isNear(one) && one.product_vm === undefined && volumeActions.runs('attach', one.status),
  );
  const attach = useChange(
    ({ vmId, volumeId }: { vmId: string | null; volumeId: string | null }) =>
      api.attachVolume({ id: Number(volumeId), body: { vm_id: vmId ?? '' } }, inProject(known ?? {})),
    {
      stale,
      onDone: ({ data }, { vmId }) => {
        onClose();
        const name = (vm ?? vms.data?.find(({ id }) => id === vmId))?.name ?? 'the VM';
        toast(`${data.name} is being attached to ${name}`, {
          to: toThing(`volumes/${data.id}`, data.project_id),
          isWork: true,
        });
      },
    },
  );
  return (
    <ValuesDialog
      title={volume === undefined ? `Attach a volume to ${vm?.name}` : `Attach ${volume.name}`}
      action="Attach volume"
      change={attach}
      form={form}
      onSubmit={(values) => attach.mutate(values)}
      onClose={onClose}
    >
      {vm === undefined && (
        <Select
          data-autofocus
          label="VM"
          description="In the same project and region, running or stopped"
          placeholder="Choose a VM"
          searchable
          openOnFocus={false}
          nothingFoundMessage="No VM of this project and region"
          data={choicesOf((vms.data ?? []).filter(isNear), 'attachVolume')}
          {...form.getInputProps('vmId')}
        />
      )}
      {volume === undefined && (
        <Select
          data-autofocus
          label="Volume"
          description="In the same project and region, not attached to a VM"
          placeholder="Choose a volume"
          searchable
          openOnFocus={false}
          nothingFoundMessage="No volume of this project is free"
          data={free.map(({ id, name, size }) => ({ value: String(id), label: `${name} (${size} GB)` }))}
          {...form.getInputProps('volumeId')}
        />
      )}
      <Text size="sm">The VM sees it as another disk. Mount it inside the VM to use it.</Text>
    </ValuesDialog>
  );
}

export function DetachVolumeDialog({
  volume,
  vm,
  onClose,
}: {
  volume: Volume;
  /** The machine that has it, as far as one sees it. */
  vm: VM | undefined;
  onClose: () => void;
}) {
  const { api } = useCurrent();
  const from = vm?.name ?? 'its VM';
  const detach = useChange(() => api.detachVolume({ id: volume.id }, inProject(volume)), {
    stale,
    onDone: () => {
      onClose();
      toast(`${volume.name} is being detached from ${from}`, { isWork: true });
    },
  });
  return (
    <FormDialog
      title={`Detach ${volume.name}`}
      action="Detach volume"
      change={detach}
      isDestructive={vm?.status !== 'passive'}
      onSubmit={() => detach.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {vm?.status === 'passive'
          ? `${from} is stopped and loses the disk. What is on it stays.`
          : `${from} loses the disk while it runs. Unmount it inside the VM first, or what was not written yet is lost.`}
      </Text>
      <Text size="sm">
        The volume is kept and costs {monthly(volume.price_per_hour ?? 0)} a month until you delete it.
      </Text>
    </FormDialog>
  );
}

export function GrowVolumeDialog({ volume, onClose }: { volume: Volume; onClose: () => void }) {
  const { api } = useCurrent();
  const account = useAccount();
  const form = useForm({
    initialValues: { size: Math.min(limits.extraStorage, volume.size + 10) as number | string },
    validateInputOnBlur: true,
    validate: { size: wholeGigabytes(volume.size + 1) },
  });
  const grow = useChange(
    (size: number) => api.resizeVolume({ id: volume.id, body: { new_size: size } }, inProject(volume)),
    {
      stale,
      onDone: (_, size) => {
        onClose();
        toast(`${volume.name} is growing to ${size} GB`, { isWork: true });
      },
    },
  );
  const now = monthlyOf(volume.price_per_hour ?? 0);
  const size = Number(form.values.size) || volume.size;
  const after = (now / volume.size) * size;
  return (
    <ValuesDialog
      title={`Grow ${volume.name}`}
      action="Grow volume"
      change={grow}
      form={form}
      onSubmit={(values) => grow.mutate(Number(values.size))}
      onClose={onClose}
    >
      <NumberInput
        data-autofocus
        label="New size, GB"
        description={`Now ${volume.size} GB. A volume can't shrink.`}
        min={volume.size + 1}
        max={limits.extraStorage}
        step={10}
        allowDecimal={false}
        clampBehavior="none"
        {...form.getInputProps('size')}
      />
      <Text size="sm">The VM keeps running. Then grow the file system inside it.</Text>
      <CostLines
        lines={[
          { what: `From ${inDollars(now)} a month`, amount: `${inDollars(after)} a month` },
          ...(account.data?.billing_mode === 'subscription'
            ? [{ what: 'Charged now', amount: 'the rest of this month' }]
            : []),
        ]}
      />
    </ValuesDialog>
  );
}

/** What goes when a volume does, and what stays. */
export const lostWithVolumes = (volumes: readonly Volume[]) => ({
  goes: [
    `Everything on ${volumes.length === 1 ? `it (${volumes[0]?.size} GB)` : `them (${volumes.reduce((sum, { size }) => sum + size, 0)} GB)`}. You can't undo this.`,
  ],
  stays: ['Snapshots, which stay billed and can only be deleted'],
});

export function DeleteVolumeDialog({
  volume,
  onClose,
  onDone,
}: {
  volume: Volume;
  onClose: () => void;
  onDone?: () => void;
}) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteVolume({ id: volume.id }, inProject(volume)), {
    stale,
    onDone: () => {
      onClose();
      toast(`Deleting ${volume.name}`, { isWork: true });
      onDone?.();
    },
  });
  return (
    <DestroyDialog
      title={`Delete ${volume.name}`}
      names={[volume.name]}
      action={`Delete ${volume.name}`}
      {...lostWithVolumes([volume])}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
