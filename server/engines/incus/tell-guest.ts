import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import type { GuestNic } from './guest-nics.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import { networkAtEachBoot } from './instance-definition.ts';
import { instanceStatus } from './instance-status.ts';
import { listFolder } from './list-folder.ts';
import { setUpInGuest } from './set-up-in-guest.ts';
import { writeInterfaces } from './write-interfaces.ts';

const nameServersFile = '/etc/resolv.conf';
const cloudInitFile = '/etc/cloud/cloud.cfg.d/99-raffia-network.cfg';
/** What an image's templates may have made of the network's configuration, once. */
const seedFile = '/var/lib/cloud/seed/nocloud-net/network-config';

interface Needs {
  readonly api: IncusApi;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a guest has otherwise than before. */
interface News {
  /** Interfaces that are new or changed. */
  readonly nics: readonly GuestNic[];
  /** Names of those that are no more. */
  readonly gone: readonly string[];
  readonly nameServers: readonly string[];
  readonly areNameServersNew: boolean;
}

/**
 * Tells a guest of what it has otherwise than before: for its next boot, and at once where it runs.
 *
 * @returns false where the guest runs and has not the interfaces that its instance has
 */
export async function tellGuest(needs: Needs, instance: IncusInstance, news: News): Promise<boolean> {
  const { api, log } = needs;
  const isRunning = instance.status_code === instanceStatus.running;
  // A virtual machine that is off cannot be written into; it reads its network from its configuration when it boots.
  if (instance.type === 'container' || isRunning) {
    await write(needs, instance, news).catch((error) => {
      if (!isRefusal(error, 'no-agent')) throw error;
      log.info({ err: error, instance: instance.name }, 'nothing was written into a guest whose agent does not answer');
    });
  }
  return !isRunning || news.nics.length === 0 || (await setUpInGuest(api, needs, instance.name, news));
}

/** Where cloud-init is there it does the network, from the instance's configuration, once it is told to do so at each boot. */
async function write({ api }: Needs, { name, config }: IncusInstance, news: News): Promise<void> {
  const { nics, gone, nameServers: dns, areNameServersNew } = news;
  const etc = await listFolder(api, name, '/etc');
  if (areNameServersNew) await writeNameServers(api, name, dns);
  const isCloudInit = etc.has('cloud') && !(await listFolder(api, name, '/etc/cloud')).has('cloud-init.disabled');
  if (!isCloudInit) return writeInterfaces(api, name, { etc, nics, gone, dns });
  await api.writeFile(name, cloudInitFile, `${JSON.stringify(networkAtEachBoot)}\n`, '0644');
  if ((await api.readFile(name, seedFile)) === undefined) return;
  await api.writeFile(name, seedFile, `${config['cloud-init.network-config']}\n`, '0644');
}

/** A file of its own counts; a link is to what systemd-resolved or another program makes of what interfaces say. */
async function writeNameServers(api: IncusApi, instance: string, servers: readonly string[]): Promise<void> {
  const there = await api.readFile(instance, nameServersFile);
  if (there === undefined || there.type !== 'file') return;
  const others = there.content.split('\n').filter((line) => line !== '' && !/^\s*nameserver\b/.test(line));
  const lines = [...others, ...servers.map((server) => `nameserver ${server}`)];
  await api.writeFile(instance, nameServersFile, `${lines.join('\n')}\n`, there.mode, there);
}
