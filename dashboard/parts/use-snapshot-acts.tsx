import { Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import type { Snapshot } from '@raffia/client/client.ts';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { type SnapshotState, snapshotActions } from '@raffia/contract/snapshot-states.ts';
import { Disc3, Pencil, RotateCcw, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useVolumes } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { ValuesDialog } from './form-dialog.tsx';
import { lacks } from './refusals.ts';
import { RestoreDialog } from './restore-dialog.tsx';
import type { Act } from './row-menu.tsx';
import { useSnapshotStateOf } from './snapshot-state.tsx';
import { toast } from './toast.tsx';

type Open = 'restore' | 'image' | 'rename' | 'delete';
type SnapshotAction = (typeof snapshotActions.actions)[number];

const stale = ['snapshots', 'volumes', 'vms', 'vm', 'operations', 'account', 'audit'];
const longestName = 128;

/** Why a state forbids an act on a snapshot. */
const because: Readonly<Record<SnapshotState, string>> = {
  creating: 'It is still being taken',
  restoring: 'It is being restored',
  active: 'The disk was put back to it. Restore another snapshot, or take a new one, first.',
  ready: 'It is ready',
};

/** What can be done with a snapshot: its state and the permissions decide, and a refusal says which of them. */
export function useSnapshotActs(): { actsOf: (snapshot: Snapshot) => readonly Act[]; dialog: ReactNode } {
  const may = useMay();
  const volumes = useVolumes();
  const stateOf = useSnapshotStateOf();
  const [open, setOpen] = useState<{ readonly act: Open; readonly snapshot: Snapshot } | null>(null);
  const close = () => setOpen(null);
  const refusal = (snapshot: Snapshot, action: SnapshotAction, permission: Permission): string | undefined => {
    if (!may(permission, snapshot.project_id)) return lacks(permission);
    const isGone =
      snapshot.type === 'volume' &&
      volumes.data !== undefined &&
      !volumes.data.some(({ id }) => id === snapshot.volume_id);
    if (action === 'restore' && isGone) return 'Its volume was deleted';
    const state = stateOf(snapshot);
    return snapshotActions.runs(action, state) ? undefined : because[state];
  };
  const act = (snapshot: Snapshot, which: Open) => () => setOpen({ act: which, snapshot });
  return {
    actsOf: (snapshot) => [
      {
        label: 'Restore…',
        icon: RotateCcw,
        refused: refusal(snapshot, 'restore', 'snapshot.restore'),
        onSelect: act(snapshot, 'restore'),
      },
      // An image is made of a machine's disk alone.
      ...(snapshot.type === 'vm'
        ? [
            {
              label: 'Save as image…',
              icon: Disc3,
              refused: refusal(snapshot, 'saveImage', 'vm.manage'),
              onSelect: act(snapshot, 'image'),
            },
          ]
        : []),
      {
        label: 'Rename…',
        icon: Pencil,
        refused: refusal(snapshot, 'rename', 'snapshot.manage'),
        onSelect: act(snapshot, 'rename'),
      },
      {
        label: 'Delete…',
        icon: Trash2,
        isDangerous: true,
        refused: refusal(snapshot, 'delete', 'snapshot.delete'),
        onSelect: act(snapshot, 'delete'),
      },
    ],
    dialog:
      open === null ? null : open.act === 'restore' ? (
        <RestoreDialog from={{ snapshot: open.snapshot }} onClose={close} />
      ) : open.act === 'delete' ? (
        <DeleteDialog snapshot={open.snapshot} onClose={close} />
      ) : (
        <NameDialog snapshot={open.snapshot} isImage={open.act === 'image'} onClose={close} />
      ),
  };
}

/** What goes with snapshots, and what stays. */
export const lostWithSnapshots = (snapshots: readonly Snapshot[]) => ({
  goes: [
    `${snapshots.length === 1 ? 'The snapshot' : 'The snapshots'}. Nothing can be restored from ${snapshots.length === 1 ? 'it' : 'them'}. You can't undo this.`,
  ],
  stays: ['The disk as it is now', 'Images that were saved'],
});

function DeleteDialog({ snapshot, onClose }: { snapshot: Snapshot; onClose: () => void }) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteSnapshot({ id: snapshot.id }, { projectId: snapshot.project_id ?? '' }), {
    stale,
    onDone: () => {
      onClose();
      toast(`Deleting ${snapshot.name}`, { isWork: true });
    },
  });
  return (
    <DestroyDialog
      title={`Delete ${snapshot.name}`}
      names={[snapshot.name]}
      action={`Delete ${snapshot.name}`}
      {...lostWithSnapshots([snapshot])}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}

/** Asks for a name: the snapshot's, or that of an image that is made of it. */
function NameDialog({ snapshot, isImage, onClose }: { snapshot: Snapshot; isImage: boolean; onClose: () => void }) {
  const { api } = useCurrent();
  const { toThing } = useScope();
  const form = useForm({
    initialValues: { name: snapshot.name },
    validate: { name: isNotEmpty(isImage ? 'An image needs a name' : 'A snapshot needs a name') },
  });
  const save = useChange(
    async (name: string): Promise<unknown> => {
      const options = { projectId: snapshot.project_id ?? '' };
      return isImage
        ? api.saveVMDiskAsImage({ id: snapshot.product_vm ?? '', body: { name, snapshot_id: snapshot.id } }, options)
        : api.renameSnapshot({ id: snapshot.id, body: { name } }, options);
    },
    {
      stale: isImage ? [...stale, 'images'] : ['snapshots', 'audit'],
      onDone: (_, name) => {
        onClose();
        if (isImage) toast(`Saving ${name} as an image`, { to: toThing('images', snapshot.project_id), isWork: true });
        else toast(`${snapshot.name} is called ${name} now`);
      },
    },
  );
  return (
    <ValuesDialog
      title={isImage ? `Save ${snapshot.name} as an image` : `Rename ${snapshot.name}`}
      action={isImage ? 'Save as image' : 'Rename snapshot'}
      change={save}
      form={form}
      onSubmit={({ name }) => save.mutate(name.trim())}
      onClose={onClose}
    >
      {isImage && <Text size="sm">New VMs can be created from the image. The snapshot stays.</Text>}
      <TextInput
        data-autofocus
        label={isImage ? 'Name of the image' : 'Name'}
        maxLength={longestName}
        {...form.getInputProps('name')}
      />
    </ValuesDialog>
  );
}
