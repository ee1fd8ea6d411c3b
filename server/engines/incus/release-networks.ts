import type { Logger } from 'pino';
import type { IncusInstance } from './incus-api.ts';
import { vpcPrefix } from './names.ts';
import type { Networks } from './networks.ts';

/** Removes the networks of VPCs that these interfaces were the last to use. What cannot go now, as while a member is down, the next tidying removes. */
export async function releaseNetworks(
  networks: Networks,
  devices: readonly IncusInstance['devices'][string][],
  log: Logger,
): Promise<void> {
  const left = devices.flatMap(({ host_name, network }) => (host_name?.startsWith(vpcPrefix) ? (network ?? []) : []));
  await networks
    .removeUnused(left)
    .catch((error) => log.info({ err: error, networks: left }, 'an unused network could not be removed yet'));
}
