import type { IncusApi, IncusInstance } from './incus-api.ts';
import { lastOf, publicPrefix, vpcPrefix } from './names.ts';
import { runCommand } from './run-command.ts';

const port = new RegExp(`^(${publicPrefix}|${vpcPrefix})[0-9a-f]{10}[0-9a-z]{0,2}$`);

/** One that is gone by now went with its machine. */
const script = 'for port; do ip link delete "$port" 2>/dev/null || :; done\n';

/** What an instance has on its host: what it was given, and what it really got. */
function portsOf({ config, devices }: Pick<IncusInstance, 'config' | 'devices'>): string[] {
  const given = Object.values(devices).map(({ host_name }) => host_name);
  const got = Object.entries(config).flatMap(([key, value]) => (/^volatile\..*\.host_name$/.test(key) ? [value] : []));
  return [...given, ...got].filter((name) => name !== undefined);
}

/**
 * Removes the hosts' ends of interfaces that no instance has any more: a start that failed leaves them, and the next one takes other names.
 *
 * @param command runs a shell on the host, with a script on standard input
 * @param instances those of this cloud, to tell most of what is in use
 * @returns the names of those that nobody had
 */
export async function removeLeftoverPorts(
  api: IncusApi,
  command: string,
  instances: readonly IncusInstance[],
): Promise<string[]> {
  const without = (names: readonly string[], users: readonly IncusInstance[]) => {
    const used = new Set(users.flatMap(portsOf));
    return names.filter((name) => !used.has(name));
  };
  const there = (await api.get<string[]>('/1.0/networks')).map(lastOf).filter((name) => port.test(name));
  const strange = without(there, instances);
  if (strange.length === 0) return [];
  // Asked after the interfaces: a machine that starts has named its own by then. Another cloud on this host has such names too.
  const left = without(strange, await api.get<IncusInstance[]>('/1.0/instances?recursion=1&all-projects=true'));
  if (left.length > 0) await runCommand(command, ['--', ...left], script);
  return left;
}
