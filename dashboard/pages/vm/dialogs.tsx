import { Checkbox, MultiSelect, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { limits } from '@raffia/contract/vm-rules.ts';
import { type ComponentType, useState } from 'react';
import { useNavigate } from 'react-router';
import { useCatalogue } from '../../api/catalogue.ts';
import { useBackups, useImages, useSnapshots, useSshKeys, useVolumes } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { DestroyDialog } from '../../parts/destroy-dialog.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { planRefusal } from '../../parts/plan-refusal.ts';
import { plural } from '../../parts/plural.ts';
import { inDollars, monthlyOf } from '../../parts/price.ts';
import { systemInWords } from '../../parts/system-words.ts';
import { type System, systemsOf } from '../../parts/systems.ts';
import { TakeBackupDialog, TakeSnapshotDialog } from '../../parts/take-dialogs.tsx';
import { ThingSelect } from '../../parts/thing-select.tsx';
import { exactTime } from '../../parts/times.ts';
import { toast } from '../../parts/toast.tsx';
import type { ActName } from './acts.ts';
import { ResizeDialog } from './resize-dialog.tsx';
import { useVmAct } from './use-vm-act.ts';

export interface DialogProps {
  readonly vm: VM;
  readonly onClose: () => void;
}

const dialogs: Readonly<Record<ActName | 'restart', ComponentType<DialogProps>>> = {
  restart: RestartDialog,
  rename: RenameDialog,
  resize: ResizeDialog,
  disk: GrowDiskDialog,
  password: ResetPasswordDialog,
  snapshot: ({ vm, onClose }) => <TakeSnapshotDialog of={{ vm }} onClose={onClose} />,
  backup: TakeBackupDialog,
  image: SaveImageDialog,
  hard: ForceRestartDialog,
  reinstall: ReinstallDialog,
  factory: FactoryResetDialog,
  delete: DeleteDialog,
};

/** The dialog of an act on a machine. */
export default function VmDialog({ act, ...props }: DialogProps & { act: keyof typeof dialogs }) {
  const Dialog = dialogs[act];
  return <Dialog {...props} />;
}

function RestartDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const restart = useVmAct(vm, (options) => api.rebootVM({ id: vm.id }, options), {
    onClose,
    said: `${vm.name} is restarting`,
  });
  return (
    <FormDialog
      title={`Restart ${vm.name}`}
      action="Restart VM"
      change={restart}
      onSubmit={() => restart.mutate()}
      onClose={onClose}
    >
      <Text size="sm">The system shuts down and starts again. Its services are away until it is back.</Text>
    </FormDialog>
  );
}

function RenameDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const [name, setName] = useState(vm.name);
  const rename = useVmAct(vm, (options) => api.renameVM({ id: vm.id, body: { name: name.trim() } }, options), {
    onClose,
    said: `${vm.name} is now called ${name.trim()}`,
    isWork: false,
  });
  return (
    <FormDialog
      title={`Rename ${vm.name}`}
      action="Rename VM"
      change={rename}
      isReady={name.trim() !== '' && name.trim() !== vm.name}
      isDirty={name !== vm.name}
      onSubmit={() => rename.mutate()}
      onClose={onClose}
    >
      <Text size="sm">Changes the name in Raffia. The host name inside the VM stays the same.</Text>
      <TextInput
        data-autofocus
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={64}
        required
      />
    </FormDialog>
  );
}

function GrowDiskDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const [size, setSize] = useState<number | string>(Math.min(limits.disk, vm.storage + 10));
  const grow = useVmAct(vm, (options) => api.resizeVMDisk({ id: vm.id, body: { new_size: Number(size) } }, options), {
    onClose,
    said: `The disk of ${vm.name} is growing to ${size} GB`,
  });
  return (
    <FormDialog
      title={`Grow the disk of ${vm.name}`}
      action="Grow disk"
      change={grow}
      isReady={Number.isInteger(Number(size)) && Number(size) > vm.storage && Number(size) <= limits.disk}
      onSubmit={() => grow.mutate()}
      onClose={onClose}
    >
      <Text size="sm">A disk can grow but not shrink. Extend the partition inside the VM afterwards.</Text>
      <NumberInput
        data-autofocus
        label="New size, GB"
        description={`Now ${vm.storage} GB`}
        value={size}
        onChange={setSize}
        min={vm.storage + 1}
        max={limits.disk}
        allowDecimal={false}
        clampBehavior="none"
        required
      />
    </FormDialog>
  );
}

function ResetPasswordDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const reset = useVmAct(vm, (options) => api.resetVMPassword({ id: vm.id }, options), {
    onClose,
    said: `The root password of ${vm.name} is being reset`,
  });
  return (
    <FormDialog
      title={`Reset the password of ${vm.name}`}
      action="Reset password"
      change={reset}
      onSubmit={() => reset.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        Sets a new root password and restarts the VM. The old one stops working. You get the new one by email, or once
        under Settings if this cloud sends no email.
      </Text>
    </FormDialog>
  );
}

function SaveImageDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const { toThing } = useScope();
  const [name, setName] = useState(`${vm.name}-image`);
  const save = useVmAct(vm, (options) => api.saveVMDiskAsImage({ id: vm.id, body: { name: name.trim() } }, options), {
    onClose,
    said: `${vm.name} is being saved as ${name.trim()}`,
    stale: ['images'],
    to: toThing('images', vm.project_id),
  });
  return (
    <FormDialog
      title={`Save ${vm.name} as image`}
      action="Save as image"
      change={save}
      isReady={name.trim() !== ''}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Text size="sm">Saves the system disk ({vm.storage} GB) as an image for new VMs. Volumes aren't part of it.</Text>
      <TextInput
        data-autofocus
        label="Name of the image"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={128}
        required
      />
    </FormDialog>
  );
}

function ForceRestartDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const restart = useVmAct(vm, (options) => api.hardRebootVM({ id: vm.id }, options), {
    onClose,
    said: `${vm.name} is restarting`,
  });
  return (
    <FormDialog
      title={`Force restart ${vm.name}`}
      action="Force restart"
      change={restart}
      isDestructive
      onSubmit={() => restart.mutate()}
      onClose={onClose}
    >
      <Text size="sm">Cuts power and starts again. Unsaved data is lost.</Text>
    </FormDialog>
  );
}

function ReinstallDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const [templateId, setTemplateId] = useState<string | null>(null);
  const [keyIds, setKeyIds] = useState<string[]>([]);
  const sshKeys = useSshKeys();
  const images = useImages();
  const catalogue = useCatalogue();
  const lost = useLost(vm);
  const keys = (sshKeys.data ?? []).filter(({ id }) => keyIds.includes(id)).map(({ public_key }) => public_key ?? '');
  const systems = systemsOf(catalogue.data?.templates ?? [], images.data ?? []).filter(
    ({ region }) => region === vm.region,
  );
  const plan = catalogue.data?.plans.find(({ id }) => id === vm.pricing_id);
  const chosen = systems.find(({ id }) => id === templateId);
  const reinstall = useVmAct(
    vm,
    (options) =>
      api.reinstallVM(
        {
          id: vm.id,
          body: {
            template_id: templateId ?? '',
            ...(keys.length > 0 ? { ssh_keys: keys } : { auto_generate_password: true }),
          },
        },
        options,
      ),
    { onClose, said: `${vm.name} is being reinstalled with ${chosen?.name}`, stale: ['snapshots', 'backups'] },
  );
  return (
    <DestroyDialog
      title={`Reinstall ${vm.name}`}
      names={[vm.name]}
      action={`Reinstall ${vm.name}`}
      goes={[lost.disk, ...lost.snapshots, ...lost.backups]}
      stays={['Addresses, tags and notes', ...lost.volumes]}
      isBlocked={templateId === null || lost.isUnknown}
      isPending={reinstall.isPending}
      error={reinstall.error}
      onConfirm={() => reinstall.mutate()}
      onClose={onClose}
    >
      <Stack gap="sm">
        <ThingSelect
          label="System"
          nothing={catalogue.isPending ? 'Loading systems' : 'No systems to choose from'}
          options={systems.map((one) => ({
            value: one.id,
            ...inWords(one),
            refused: plan && planRefusal(plan, one, vm.storage),
          }))}
          value={templateId}
          onChange={setTemplateId}
          isRequired
        />
        {(sshKeys.data ?? []).length > 0 && chosen?.is_windows !== true && (
          <MultiSelect
            label="SSH keys"
            description="Without a key, a password is generated and sent to you by email"
            data={(sshKeys.data ?? []).map((key) => ({ value: key.id, label: key.name }))}
            value={keyIds}
            onChange={setKeyIds}
          />
        )}
      </Stack>
    </DestroyDialog>
  );
}

function inWords({ kind, name, version, system, saved_at = '' }: System): { label: string; hint?: string } {
  return kind === 'saved'
    ? { label: name, hint: `${systemInWords(system, version)}, saved ${exactTime(saved_at)}` }
    : { label: systemInWords(name, version) };
}

function FactoryResetDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const lost = useLost(vm);
  const reset = useVmAct(vm, (options) => api.factoryResetVM({ id: vm.id }, options), {
    onClose,
    said: `${vm.name} is being reset`,
    stale: ['snapshots'],
  });
  return (
    <DestroyDialog
      title={`Factory reset ${vm.name}`}
      names={[vm.name]}
      action={`Factory reset ${vm.name}`}
      goes={[lost.disk, ...lost.snapshots]}
      stays={['Addresses, tags and notes', ...lost.volumes, ...lost.backups]}
      isBlocked={lost.isUnknown}
      isPending={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate()}
      onClose={onClose}
    >
      Installs the system that the VM was created with, and the SSH keys that it has now.
    </DestroyDialog>
  );
}

function DeleteDialog({ vm, onClose }: DialogProps) {
  const { api } = useCurrent();
  const { to } = useScope();
  const navigate = useNavigate();
  const lost = useLost(vm);
  const [removesVpc, setRemovesVpc] = useState(true);
  const [removesVolumes, setRemovesVolumes] = useState(false);
  const remove = useChange(
    () =>
      api.deleteVM(
        { id: vm.id, body: { delete_vpc: removesVpc, volume_action: removesVolumes ? 'delete' : 'detach' } },
        { projectId: vm.project_id ?? '' },
      ),
    {
      stale: ['vms', 'volumes', 'snapshots', 'backups', 'operations', 'account', 'audit'],
      onDone: () => {
        toast(`Deleting ${vm.name}`, { isWork: true });
        navigate(to('project', 'vms'), { replace: true });
      },
    },
  );
  return (
    <DestroyDialog
      title={`Delete ${vm.name}`}
      names={[vm.name]}
      action={`Delete ${vm.name}`}
      goes={[lost.disk, ...lost.snapshots, ...(removesVolumes ? lost.volumes : [])]}
      stays={[...(removesVolumes ? [] : lost.volumes), ...lost.backups]}
      isBlocked={lost.isUnknown}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <Stack gap="xs">
        <Checkbox
          label="Also delete its network, if no other VM uses it"
          checked={removesVpc}
          onChange={(event) => setRemovesVpc(event.currentTarget.checked)}
        />
        {vm.added_storage > 0 && (
          <Checkbox
            label={`Also delete its volumes (${vm.added_storage} GB)`}
            checked={removesVolumes}
            onChange={(event) => setRemovesVolumes(event.currentTarget.checked)}
          />
        )}
      </Stack>
    </DestroyDialog>
  );
}

/** What a machine has that can go with it, by name and price, as far as the person sees it. */
function useLost(vm: VM) {
  const lists = [useVolumes({ vm_id: vm.id }), useSnapshots({ vm_id: vm.id }), useBackups({ vm_id: vm.id })] as const;
  const [{ data: volumes = [] }, { data: snapshots = [] }, { data: backups = [] }] = lists;
  const month = (things: readonly { readonly price_per_hour?: string }[]) => {
    const sum = things.reduce((all, one) => all + monthlyOf(one.price_per_hour ?? 0), 0);
    return sum > 0 ? `, ${inDollars(sum)} a month` : '';
  };
  const named = (things: readonly { readonly name: string }[]) =>
    things.length > 3 ? '' : `: ${things.map(({ name }) => name).join(', ')}`;
  return {
    /** Nothing is lost before it is known what. */
    isUnknown: lists.some(({ data, isFetching }) => data === undefined && isFetching),
    disk: `The system disk, ${vm.storage} GB. You can't undo this.`,
    snapshots: snapshots.length === 0 ? [] : [`${plural(snapshots.length, 'snapshot')}${named(snapshots)}`],
    backups: backups.length === 0 ? [] : [`${plural(backups.length, 'backup')}${month(backups)}`],
    volumes: volumes.length === 0 ? [] : [`${plural(volumes.length, 'volume')}${named(volumes)}${month(volumes)}`],
  };
}
