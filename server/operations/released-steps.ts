// Written by `npm run derive`, which adds the steps of new workflows; not edited by hand.
import type { OperationKind } from './operation-kinds.ts';

/**
 * Every name of a step that a version ever wrote down: an upgrade finds it in flight. Names are added here with their step and never
 * taken away; a step that is renamed keeps its old one in `formerly`.
 */
export const releasedSteps: Readonly<Record<OperationKind, readonly string[]>> = {
  'backup.create': ['take up', 'write the backup'],
  'backup.restore': ['restore the disk'],
  'backup.delete': ['remove the backups'],
  'image.delete': ['remove the image'],
  'snapshot.create': ['take the snapshot', 'wait for earlier work'],
  'snapshot.restore': ['restore the disk', 'wait for earlier work'],
  'snapshot.delete': ['remove the snapshot', 'wait for earlier work'],
  'vm.create': ['take up', 'build the machine', 'set the password', 'start the machine'],
  'vm.start': ['start the machine'],
  'vm.stop': ['stop the machine'],
  'vm.reboot': ['stop the machine', 'start the machine'],
  'vm.reboot-hard': ['cut the power', 'start the machine'],
  'vm.reset-password': ['set the password', 'restart a running machine', 'start it again'],
  'vm.reinstall': ['cut the power', 'build the machine', 'set the password', 'start the machine'],
  'vm.factory-reset': ['cut the power', 'build the machine', 'set the password', 'start the machine'],
  'vm.resize': ['resize the machine'],
  'vm.disk-resize': ['grow the disk'],
  'vm.save-image': ['capture the disk'],
  'vm.delete': ['remove the machine'],
  'vm.filter': ['filter the interfaces'],
  'vm.network': ['tell of its networks'],
  'vm.attach-vpc': ['plug the interface'],
  'vm.detach-vpc': ['unplug the interface'],
  'vm.attach-ip': ['wait for the address', 'plug the interface'],
  'vm.detach-ip': ['unplug the interface'],
  'volume.create': ['make the volume', 'attach it to its machine'],
  'volume.attach': ['wait for earlier work', 'attach it to its machine'],
  'volume.detach': ['wait for earlier work', 'detach it from its machine'],
  'volume.resize': ['wait for earlier work', 'grow the volume'],
  'volume.delete': ['wait for earlier work', 'remove the volume'],
  'vpc.gateway': ['set the gateway', 'wait for earlier work', 'set it again'],
  'cloud.tidy': ['delete what was kept long enough', 'verify the counters', 'look after the backups'],
};
