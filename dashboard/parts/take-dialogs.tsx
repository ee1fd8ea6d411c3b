import { Select, Text, TextInput } from '@mantine/core';
import type { VM, Volume } from '@raffia/client/client.ts';
import { freeBackups } from '@raffia/contract/vm-rules.ts';
import { volumeActions } from '@raffia/contract/volume-states.ts';
import { useState } from 'react';
import { useStoragePrices } from '../api/catalogue.ts';
import { useBackupSchedules, useBackups, useVms, useVolumes } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { FormDialog } from './form-dialog.tsx';
import { inDollars } from './price.ts';
import { refusalOf } from './refusals.ts';
import { toast } from './toast.tsx';

/** What a snapshot can be of. */
export type Source = { readonly vm: VM } | { readonly volume: Volume };

const thingOf = (source: Source): VM | Volume => ('vm' in source ? source.vm : source.volume);
const sizeOf = (source: Source) => ('vm' in source ? source.vm.storage : source.volume.size);
const dated = (name: string, longest: number) => {
  const day = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
  return `${name.slice(0, longest - day.length - 1)}-${day}`;
};
const longestName = 128;

/** @param of left out, the dialog asks: of what is looked at, and can have one */
export function TakeSnapshotDialog({ of, onClose }: { of?: Source; onClose: () => void }) {
  const { api } = useCurrent();
  const [chosen, setChosen] = useState<Source | undefined>(of);
  const [typed, setTyped] = useState<string | null>(null);
  const thing = chosen === undefined ? undefined : thingOf(chosen);
  const name = typed ?? (thing === undefined ? '' : dated(thing.name, longestName));
  const take = useChange(
    async (source: Source) =>
      api.createSnapshot(
        {
          body: {
            name: name.trim(),
            ...('vm' in source
              ? { resource_type: 'vm', resource_id: source.vm.id }
              : { resource_type: 'volume', volume_id: source.volume.id }),
          },
        },
        { projectId: thingOf(source).project_id ?? '' },
      ),
    {
      stale: ['snapshots', 'vms', 'vm', 'operations', 'account', 'audit'],
      onDone: (_, source) => {
        onClose();
        toast(`Taking a snapshot of ${thingOf(source).name}`, { isWork: true });
      },
    },
  );
  return (
    <FormDialog
      title={of === undefined ? 'Take snapshot' : `Take snapshot of ${thing?.name}`}
      action="Take snapshot"
      change={take}
      isReady={chosen !== undefined && name.trim() !== ''}
      isDirty={typed !== null}
      onSubmit={() => chosen !== undefined && take.mutate(chosen)}
      onClose={onClose}
    >
      <Text size="sm">
        Keeps the disk as it is now, so that you can go back to it. The VM keeps running. Deleting or reinstalling a VM
        deletes its snapshots.
      </Text>
      {of === undefined && <SourceSelect chosen={chosen} onChange={setChosen} />}
      <TextInput
        data-autofocus={of !== undefined || undefined}
        label="Name"
        value={name}
        onChange={(event) => setTyped(event.currentTarget.value)}
        maxLength={longestName}
        required
      />
      {chosen !== undefined && <SnapshotPrice region={thing?.region ?? ''} size={sizeOf(chosen)} />}
    </FormDialog>
  );
}

function SnapshotPrice({ region, size }: { region: string; size: number }) {
  const prices = useStoragePrices(region);
  return (
    <Text size="sm" c="dimmed">
      {prices.data === undefined ? `${size} GB` : `${size} GB · ${inDollars(prices.data.snapshot * size)} a month`}
    </Text>
  );
}

function SourceSelect({
  chosen,
  onChange,
}: {
  chosen: Source | undefined;
  onChange: (source: Source | undefined) => void;
}) {
  const may = useMay();
  const { has } = useScope();
  const vms = useVms();
  const volumes = useVolumes();
  const sources: readonly Source[] = [
    ...(vms.data ?? [])
      .filter(
        (vm) => has(vm) && may('snapshot.create', vm.project_id) && refusalOf('snapshot', vm.status) === undefined,
      )
      .map((vm) => ({ vm })),
    ...(volumes.data ?? [])
      .filter(
        (volume) =>
          has(volume) && may('snapshot.create', volume.project_id) && volumeActions.runs('snapshot', volume.status),
      )
      .map((volume) => ({ volume })),
  ];
  const idOf = (source: Source) => `${'vm' in source ? 'vm' : 'volume'} ${thingOf(source).id}`;
  const items = (kind: 'vm' | 'volume') =>
    sources.filter((source) => kind in source).map((source) => ({ value: idOf(source), label: thingOf(source).name }));
  return (
    <Select
      data-autofocus
      label="VM or volume"
      description="Running VMs and volumes"
      searchable
      data={[
        { group: 'VMs', items: items('vm') },
        { group: 'Volumes', items: items('volume') },
      ].filter((group) => group.items.length > 0)}
      nothingFoundMessage="No running VM and no volume"
      value={chosen === undefined ? null : idOf(chosen)}
      onChange={(value) => onChange(sources.find((source) => idOf(source) === value))}
      required
    />
  );
}

/** @param vm left out, the dialog asks: of those that are looked at, and can have one */
export function TakeBackupDialog({ vm, onClose }: { vm?: VM; onClose: () => void }) {
  const { api } = useCurrent();
  const [chosen, setChosen] = useState<VM | undefined>(vm);
  const [typed, setTyped] = useState<string | null>(null);
  const name = typed ?? dated('manual-backup', longestName);
  const take = useChange(
    (of: VM) => api.createBackup({ body: { vm_id: of.id, name: name.trim() } }, { projectId: of.project_id ?? '' }),
    {
      stale: ['backups', 'vms', 'vm', 'operations', 'account', 'audit'],
      onDone: (_, of) => {
        onClose();
        toast(`Backing up ${of.name}`, { isWork: true });
      },
    },
  );
  return (
    <FormDialog
      title={vm === undefined ? 'Back up a VM' : `Back up ${vm.name}`}
      action="Back up now"
      change={take}
      isReady={chosen !== undefined && name.trim() !== ''}
      isDirty={typed !== null}
      onSubmit={() => chosen !== undefined && take.mutate(chosen)}
      onClose={onClose}
    >
      <Text size="sm">
        Copies the system disk to the backup storage, apart from the host. The VM keeps running. Volumes aren't backed
        up.
      </Text>
      {vm === undefined && <VmSelect chosen={chosen} onChange={setChosen} />}
      <TextInput
        data-autofocus={vm !== undefined || undefined}
        label="Name"
        value={name}
        onChange={(event) => setTyped(event.currentTarget.value)}
        maxLength={longestName}
        required
      />
      {chosen !== undefined && <BackupTerms vm={chosen} />}
    </FormDialog>
  );
}

/** What one more costs, and how long it is kept. */
function BackupTerms({ vm }: { vm: VM }) {
  const backups = useBackups({ vm_id: vm.id });
  const schedules = useBackupSchedules({ vm_id: vm.id });
  const prices = useStoragePrices(vm.region);
  const held = (backups.data ?? []).filter(({ status }) => status !== 'failed').length;
  const days = Math.min(...(schedules.data ?? []).map((one) => one.keep_count * (one.type === 'daily' ? 1 : 7)));
  return (
    <Text size="sm" c="dimmed">
      The {freeBackups} newest backups of a VM are free.{' '}
      {held >= freeBackups &&
        prices.data !== undefined &&
        `With this one, the oldest of them costs ${inDollars(prices.data.backup)} per GB a month. `}
      {Number.isFinite(days)
        ? `This backup is kept for ${days === 1 ? '1 day' : `${days} days`}, as the schedule says.`
        : schedules.data !== undefined && 'It is kept until you delete it.'}
    </Text>
  );
}

function VmSelect({ chosen, onChange }: { chosen: VM | undefined; onChange: (vm: VM | undefined) => void }) {
  const may = useMay();
  const { has } = useScope();
  const vms = (useVms().data ?? []).filter(
    (vm) => has(vm) && may('backup.create', vm.project_id) && refusalOf('backup', vm.status) === undefined,
  );
  return (
    <Select
      data-autofocus
      label="VM"
      searchable
      data={vms.map(({ id, name }) => ({ value: id, label: name }))}
      nothingFoundMessage="No VM can be backed up now"
      value={chosen?.id ?? null}
      onChange={(value) => onChange(vms.find(({ id }) => id === value))}
      required
    />
  );
}
