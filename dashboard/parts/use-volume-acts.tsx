import type { Volume } from '@raffia/client/client.ts';
import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import { vmActions } from '@raffia/contract/vm-states.ts';
import { type VolumeAction, volumeActions } from '@raffia/contract/volume-states.ts';
import { Camera, HardDriveUpload, Link2, Link2Off, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '../api/session.tsx';
import { lacks } from './refusals.ts';
import type { Act } from './row-menu.tsx';
import { TakeSnapshotDialog } from './take-dialogs.tsx';
import { useVmOf } from './use-vm-of.ts';
import { AttachVolumeDialog, DeleteVolumeDialog, DetachVolumeDialog, GrowVolumeDialog } from './volume-dialogs.tsx';

type Open = 'attach' | 'detach' | 'grow' | 'snapshot' | 'delete';

/** Why a state forbids an act on a volume. */
const states: Readonly<Partial<Record<VolumeAction, string>>> = {
  attach: 'Only an available volume can be attached',
  detach: 'It is attached to no VM',
  resize: 'It can grow when it is created',
  snapshot: 'There is nothing to take a snapshot of',
  delete: 'It can be deleted when it is created',
};

/** What can be done with a volume: its state, its machine's and the permissions decide, and a refusal says which of them. */
export function useVolumeActs({ onDeleted }: { onDeleted?: () => void } = {}): {
  actsOf: (volume: Volume) => readonly Act[];
  dialog: ReactNode;
} {
  const may = useMay();
  const vmOf = useVmOf();
  const [open, setOpen] = useState<{ readonly act: Open; readonly volume: Volume } | null>(null);
  const close = () => setOpen(null);
  const refusal = (volume: Volume, action: VolumeAction, permission: Permission): string | undefined => {
    if (!may(permission, volume.project_id)) return lacks(permission);
    const vm = vmOf(volume.product_vm);
    const isAttached = volume.product_vm !== undefined;
    if (isAttached && (action === 'attach' || action === 'delete'))
      return `Detach it from ${vm?.name ?? 'its VM'} first`;
    if (!volumeActions.runs(action, volume.status)) return states[action];
    if (action === 'detach' && vm !== undefined && !vmActions.runs('detachVolume', vm.status))
      return `${vm.name} is busy. Try again when it runs or is stopped.`;
    return undefined;
  };
  const act = (volume: Volume, which: Open) => () => setOpen({ act: which, volume });
  return {
    actsOf: (volume) => [
      {
        label: 'Attach…',
        icon: Link2,
        refused: refusal(volume, 'attach', 'volume.attach'),
        onSelect: act(volume, 'attach'),
      },
      {
        label: 'Detach…',
        icon: Link2Off,
        refused: refusal(volume, 'detach', 'volume.attach'),
        onSelect: act(volume, 'detach'),
      },
      {
        label: 'Grow…',
        icon: HardDriveUpload,
        refused: refusal(volume, 'resize', 'volume.manage'),
        onSelect: act(volume, 'grow'),
      },
      {
        label: 'Take snapshot…',
        icon: Camera,
        refused: refusal(volume, 'snapshot', 'snapshot.create'),
        onSelect: act(volume, 'snapshot'),
      },
      {
        label: 'Delete…',
        icon: Trash2,
        isDangerous: true,
        refused: refusal(volume, 'delete', 'volume.delete'),
        onSelect: act(volume, 'delete'),
      },
    ],
    dialog:
      open === null ? null : open.act === 'attach' ? (
        <AttachVolumeDialog volume={open.volume} onClose={close} />
      ) : open.act === 'detach' ? (
        <DetachVolumeDialog volume={open.volume} vm={vmOf(open.volume.product_vm)} onClose={close} />
      ) : open.act === 'grow' ? (
        <GrowVolumeDialog volume={open.volume} onClose={close} />
      ) : open.act === 'snapshot' ? (
        <TakeSnapshotDialog of={{ volume: open.volume }} onClose={close} />
      ) : (
        <DeleteVolumeDialog
          volume={open.volume}
          onClose={close}
          {...(onDeleted === undefined ? {} : { onDone: onDeleted })}
        />
      ),
  };
}
