import { randomBytes } from 'node:crypto';
import { encrypt } from 'unixcrypt';
import { EngineError, type MachineSpec } from '../engine.ts';
import { loopback } from './guest-network-files.ts';
import { guestNics } from './guest-nics.ts';
import type { IncusApi } from './incus-api.ts';
import { listFolder } from './list-folder.ts';
import { hostNameOf, instanceName } from './names.ts';
import { writeInterfaces } from './write-interfaces.ts';

const keysFile = '/root/.ssh/authorized_keys';
const busIdFile = '/var/lib/dbus/machine-id';

/** What lets sshd accept root's password. */
export const sshdFolder = '/etc/ssh/sshd_config.d';
export const sshdFile = `${sshdFolder}/10-raffia.conf`;
export const sshdText = 'PermitRootLogin yes\nPasswordAuthentication yes\n';

/**
 * Writes into a container that has not been started what its guest needs, so that images without cloud-init work as well: keys, host
 * name, addresses. Where cloud-init is there, it does the network and the name itself, from the instance's own configuration.
 */
export async function writeGuestFiles(api: IncusApi, spec: MachineSpec, dns: readonly string[]): Promise<void> {
  const instance = instanceName(spec.id);
  const isCopy = spec.image.startsWith('image:');
  const etc = await listFolder(api, instance, '/etc');
  await Promise.all([
    writeKeys(api, instance, spec.sshKeys),
    ...(etc.has('cloud')
      ? []
      : [
          writeHostName(api, instance, spec.name),
          writeInterfaces(api, instance, { etc, nics: guestNics(spec.nics), gone: [], dns, ifupdown: loopback }),
        ]),
    ...(isCopy && etc.has('machine-id') ? [writeMachineId(api, instance)] : []),
  ]);
}

/** Sets root's password as a salted hash, in a container that runs or does not, and lets sshd accept it. */
export async function writePassword(api: IncusApi, instance: string, password: string): Promise<void> {
  const shadow = await api.readFile(instance, '/etc/shadow');
  if (shadow === undefined)
    throw new EngineError('The image of this VM keeps no passwords (/etc/shadow); use SSH keys');
  const days = Math.floor(Date.now() / 86_400_000);
  const line = `root:${encrypt(password)}:${days}:0:99999:7:::`;
  const lines = shadow.content.split('\n').filter((other) => other !== '' && !other.startsWith('root:'));
  await api.writeFile(instance, '/etc/shadow', `${[line, ...lines].join('\n')}\n`, shadow.mode, shadow);
  if ((await api.readFile(instance, sshdFolder)) === undefined) return;
  await api.writeFile(instance, sshdFile, sshdText, '0644');
}

/** A copy must not be taken for the machine it was saved from. D-Bus may have the number as well, and systemd would take it from there. */
async function writeMachineId(api: IncusApi, instance: string): Promise<void> {
  const id = `${randomBytes(16).toString('hex')}\n`;
  await api.writeFile(instance, '/etc/machine-id', id, '0444');
  if ((await api.readFile(instance, busIdFile)) !== undefined) await api.writeFile(instance, busIdFile, id, '0444');
}

/** Keys that a saved image brought along stay: they are its owner's. */
async function writeKeys(api: IncusApi, instance: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await api.makeFolder(instance, '/root/.ssh', '0700');
  const there = (await api.readFile(instance, keysFile))?.content ?? '';
  const lines = new Set([...there.split('\n'), ...keys].map((line) => line.trim()).filter((line) => line !== ''));
  await api.writeFile(instance, keysFile, `${[...lines].join('\n')}\n`, '0600');
}

/** Images usually carry a template that makes the instance's name the host name at the first start: it goes. */
async function writeHostName(api: IncusApi, instance: string, name: string): Promise<void> {
  const metadata = await api.get<{ templates?: Record<string, unknown> | null }>(`/1.0/instances/${instance}/metadata`);
  if (metadata.templates?.['/etc/hostname'] !== undefined) {
    const { '/etc/hostname': _, ...templates } = metadata.templates;
    await api.change('PUT', `/1.0/instances/${instance}/metadata`, { ...metadata, templates });
  }
  await api.writeFile(instance, '/etc/hostname', `${hostNameOf(name)}\n`, '0644');
}
