import type { Logger } from 'pino';
import type { Clock } from '../../foundation/clock.ts';
import type { GuestNic } from './guest-nics.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { isRefusal } from './incus-error.ts';
import type { IncusSettings } from './incus-settings.ts';
import { networkAtEachBoot } from './instance-definition.ts';
import { instanceStatus } from './instance-status.ts';
import { listFolder } from './list-folder.ts';
import { setUpInGuest } from './set-up-in-guest.ts';
import { writeInterfaces } from './write-interfaces.ts';

const cloudInitFile = '/etc/cloud/cloud.cfg.d/99-raffia-network.cfg';
/** What an image's templates may have made of the network's configuration, once. */
const seedFile = '/var/lib/cloud/seed/nocloud-net/network-config';

interface Needs {
  readonly api: IncusApi;
  readonly settings: Pick<IncusSettings, 'dns'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Tells a guest of interfaces that it has otherwise than before: for its next boot, and at once where it runs.
 *
 * @param nics those that are new or changed
 * @param gone names of those that are no more
 * @returns false where the guest runs and has not the interfaces that its instance has
 */
export async function tellGuest(
  needs: Needs,
  instance: IncusInstance,
  nics: readonly GuestNic[],
  gone: readonly string[],
): Promise<boolean> {
  const { api, log } = needs;
  const isRunning = instance.status_code === instanceStatus.running;
  // A virtual machine that is off cannot be written into; it reads its network from its configuration when it boots.
  if (instance.type === 'container' || isRunning) {
    await write(needs, instance, nics, gone).catch((error) => {
      if (!isRefusal(error, 'no-agent')) throw error;
      log.info({ err: error, instance: instance.name }, 'nothing was written into a guest whose agent does not answer');
    });
  }
  return !isRunning || nics.length === 0 || (await setUpInGuest(api, needs, instance.name, nics));
}

/** Where cloud-init is there it does the network, from the instance's configuration, once it is told to do so at each boot. */
async function write(
  { api, settings: { dns } }: Needs,
  { name, config }: IncusInstance,
  nics: readonly GuestNic[],
  gone: readonly string[],
): Promise<void> {
  const etc = await listFolder(api, name, '/etc');
  const isCloudInit = etc.has('cloud') && !(await listFolder(api, name, '/etc/cloud')).has('cloud-init.disabled');
  if (!isCloudInit) return writeInterfaces(api, name, { etc, nics, gone, dns });
  await api.writeFile(name, cloudInitFile, `${JSON.stringify(networkAtEachBoot)}\n`, '0644');
  if ((await api.readFile(name, seedFile)) === undefined) return;
  await api.writeFile(name, seedFile, `${config['cloud-init.network-config']}\n`, '0644');
}
