import { hash, randomInt } from 'node:crypto';
import type { MachineNic } from '../engine.ts';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** Interface names hold 15 characters: a prefix that firewall rules can match, 10 hex digits, and room for a tunnel's `-x`. */
const digest = (...parts: string[]) => hash('sha256', parts.join('\n'), 'hex').slice(0, 10);

/** What the bridges of networks begin with on every host. */
export const bridgePrefix = 'rfb';
/** What the interfaces begin with by which a host is the gateway of a public network. */
export const gatewayPrefix = 'rfg';
/** What the hosts' ends of machines' interfaces begin with: public ones, and those in VPCs. */
export const publicPrefix = 'rfp';
export const vpcPrefix = 'rfv';

/** The engine's name of a machine. */
export function instanceName(id: string): string {
  return `rf-${id}`;
}

/** The name at the end of an object's path. */
export function lastOf(path: string): string {
  return path.split('?')[0]?.split('/').at(-1) ?? '';
}

/** The machine's id, or undefined where an instance is not named like one of ours. */
export function machineIdOf(instance: string): string | undefined {
  return /^rf-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(instance)?.[1];
}

/** The engine's name of a VPC's network, or of a block of public addresses. */
export function networkName(project: string, network: MachineNic['network']): string {
  return `${bridgePrefix}${digest(project, network.id)}`;
}

/** The interface by which a host is on a bridge, and that interface's other end, a port of the bridge. */
export function gatewayName(bridge: string): string {
  return `${gatewayPrefix}${bridge.slice(bridgePrefix.length)}`;
}

export function gatewayPortName(bridge: string): string {
  return `rfq${bridge.slice(bridgePrefix.length)}`;
}

/** The namespace that is the router of a VPC, by the VPC's bridge; and its ends on that bridge and on the one of public addresses. */
export function routerName(bridge: string): string {
  return `rfr${bridge.slice(bridgePrefix.length)}`;
}

export function routerPortNames(bridge: string): { readonly inside: string; readonly outside: string } {
  const own = bridge.slice(bridgePrefix.length);
  return { inside: `rfi${own}`, outside: `rfo${own}` };
}

/** What an interface is called in its guest, and as a device of its instance. */
export function interfaceName({ nicId }: Pick<MachineNic, 'nicId'>): string {
  return `eth${nicId}`;
}

/** The host's end of an interface. */
export function portName(machineId: string, nic: MachineNic): string {
  return `${nic.type === 'vpc' ? vpcPrefix : publicPrefix}${digest(machineId, nic.mac)}`;
}

/** Another name for the host's end of an interface, where something still has the old one: the rules know it by its beginning. */
export function newPortName(port: string): string {
  return `${stemOf(port)}${randomInt(36 ** 2)
    .toString(36)
    .padStart(2, '0')}`;
}

/** What all names of an interface's host end begin with, and no other interface's. */
export function stemOf(port: string): string {
  return port.slice(0, publicPrefix.length + 10);
}

/** Whether an image is named by its fingerprint, or the beginning of one; else it is an alias. */
export function isFingerprint(image: string): boolean {
  return /^[0-9a-f]{12,64}$/.test(image);
}

/** The alias of a saved image. */
export function savedImageAlias(imageId: string): string {
  return `raffia-image-${imageId}`;
}

/** The engine's name of a snapshot. */
export function snapshotName(snapshotId: string): string {
  return `snapshot-${snapshotId}`;
}

/** What older versions called one until it was complete. */
export function olderBeginningName(snapshotId: string): string {
  return `beginning-${snapshotId}`;
}

/** Whether a snapshot of one of our machines or volumes is one that was asked for, by its name. */
export function isAskedSnapshot(name: string): boolean {
  return name.startsWith(snapshotName(''));
}

/** The engine's name of the snapshot that a disk is given out of, for as long as that takes. */
export function givenOutName(backupId: string): string {
  return `backup-${backupId}`;
}

export function isGivenOut(snapshot: string): boolean {
  return snapshot.startsWith('backup-');
}

/** The engine's name of what a machine is made of its backup as, until it takes the machine's place. */
export function restoringName(id: string): string {
  return `restoring-${id}`;
}

/** The engine's name of what is left of a machine whose disk its pool has lost, once another instance is the machine. */
export function lostName(id: string): string {
  return `lost-${id}`;
}

export function isLost(instance: string): boolean {
  return instance.startsWith('lost-');
}

/** The machine's id, or undefined where an instance is named otherwise. */
export function restoringIdOf(instance: string): string | undefined {
  return new RegExp(`^restoring-(${uuid})$`).exec(instance)?.[1];
}

/** The alias under which a template's image is imported, where the catalogue names no other. */
export function templateAlias(templateId: string): string {
  return `raffia-template-${templateId}`;
}

/** The engine's name of a volume. */
export function volumeName(id: string): string {
  return `raffia-volume-${id}`;
}

/** The volume's id, or undefined where one is not named like one of ours. */
export function volumeIdOf(name: string): string | undefined {
  return new RegExp(`^raffia-volume-(${uuid})$`).exec(name)?.[1];
}

/** A VM's name as a host name: letters, digits and hyphens, 63 at most. */
export function hostNameOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return plain === '' ? 'vm' : plain;
}
