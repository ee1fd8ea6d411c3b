import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import type { VmAction } from '@raffia/contract/vm-states.ts';
import {
  Archive,
  Camera,
  Disc3,
  HardDriveUpload,
  KeyRound,
  type LucideIcon,
  Pencil,
  RefreshCw,
  Scaling,
  Trash2,
  Undo2,
  Zap,
} from 'lucide-react';

export type ActName =
  | 'rename'
  | 'resize'
  | 'disk'
  | 'password'
  | 'snapshot'
  | 'backup'
  | 'image'
  | 'hard'
  | 'reinstall'
  | 'factory'
  | 'delete';

/** What can be done with a machine in a dialog, as buttons and menus say it. */
export interface VmAct {
  readonly name: ActName;
  readonly action: VmAction;
  readonly permission: Permission;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly about: string;
  readonly isDangerous?: true;
}

export const vmActs: readonly VmAct[] = [
  {
    name: 'rename',
    action: 'rename',
    permission: 'vm.manage',
    label: 'Rename',
    icon: Pencil,
    about: 'Changes the name in Raffia. The host name inside the VM stays the same.',
  },
  {
    name: 'resize',
    action: 'resize',
    permission: 'vm.manage',
    label: 'Change size',
    icon: Scaling,
    about: 'Changes vCPUs and memory. The disk stays.',
  },
  {
    name: 'disk',
    action: 'resizeDisk',
    permission: 'vm.manage',
    label: 'Grow disk',
    icon: HardDriveUpload,
    about: 'A disk can grow but not shrink. Extend the partition inside the VM afterwards.',
  },
  {
    name: 'password',
    action: 'resetPassword',
    permission: 'vm.manage',
    label: 'Reset password',
    icon: KeyRound,
    about:
      'Sets a new root password and restarts the VM. You get it by email, or once on this page if this cloud sends no email.',
  },
  {
    name: 'snapshot',
    action: 'snapshot',
    permission: 'snapshot.create',
    label: 'Take snapshot',
    icon: Camera,
    about: 'Keeps the system disk as it is now, to go back to.',
  },
  {
    name: 'backup',
    action: 'backup',
    permission: 'backup.create',
    label: 'Back up now',
    icon: Archive,
    about: 'Copies the system disk to where backups are kept, apart from the host.',
  },
  {
    name: 'image',
    action: 'saveImage',
    permission: 'vm.manage',
    label: 'Save as image',
    icon: Disc3,
    about: 'Saves the system disk as an image for new VMs.',
  },
  {
    name: 'hard',
    action: 'hardReboot',
    permission: 'vm.power',
    label: 'Force restart',
    icon: Zap,
    about: "Cuts power and starts again. Use it when the VM doesn't respond. Unsaved data is lost.",
  },
  {
    name: 'reinstall',
    action: 'reinstall',
    permission: 'vm.manage',
    label: 'Reinstall',
    icon: RefreshCw,
    about: 'Installs a new system. You lose the system disk, its snapshots and backups. Addresses and volumes stay.',
    isDangerous: true,
  },
  {
    name: 'factory',
    action: 'factoryReset',
    permission: 'vm.manage',
    label: 'Factory reset',
    icon: Undo2,
    about: 'Reinstalls the system that the VM was created with. You lose the system disk and its snapshots.',
    isDangerous: true,
  },
  {
    name: 'delete',
    action: 'delete',
    permission: 'vm.delete',
    label: 'Delete',
    icon: Trash2,
    about: 'Deletes the VM, its system disk and its snapshots.',
    isDangerous: true,
  },
];
