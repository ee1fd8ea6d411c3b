import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { loadConfiguration } from '../configuration/configuration.ts';
import { roomIn } from '../engines/capacity.ts';
import type { Size } from '../engines/engine.ts';
import { bootUnit, rulesFile, unitFile } from '../engines/incus/boot-unit.ts';
import { firewallRules } from '../engines/incus/firewall.ts';
import { hostCapacity } from '../engines/incus/host-capacity.ts';
import { lowSysctls } from '../engines/incus/host-sysctls.ts';
import { canRunVirtualMachines, IncusApi, machinesOf, productOf } from '../engines/incus/incus-api.ts';
import { isRefusal } from '../engines/incus/incus-error.ts';
import { Instances } from '../engines/incus/instances.ts';
import { knownOf } from '../engines/incus/known-of-instance.ts';
import { refuseUnlimitable } from '../engines/incus/refuse-unlimitable.ts';
import { type EngineContext, engineContext } from './engine-context.ts';
import { aliasOf, hasImage } from './image-command.ts';
import { throwAwayMachine } from './throw-away-machine.ts';

const usage = `raffia engine check [ALIAS]   looks at the engine's host, makes a throw-away machine, of the image ALIAS or of any template's, and gets into it
raffia engine firewall         prints the firewall rules that every host of machines has to load
raffia engine unit             prints a systemd unit that loads them when a host boots, before its engine starts machines
raffia engine unit install     writes both into /etc of this host, as root, and enables the unit
`;

const gib = 2 ** 30;

/** `raffia engine …`; needs no running server. */
export async function engineCommand([verb, alias]: readonly string[]): Promise<{ output: string; ok: boolean }> {
  if (verb === 'firewall') {
    return { output: firewallRules(loadConfiguration(process.env).incus.blockedRanges), ok: true };
  }
  if (alias?.startsWith('-')) return { output: usage, ok: /^(-h|--help)$/.test(alias) };
  if (verb === 'unit') return { output: alias === 'install' ? installUnit() : bootUnit, ok: true };
  if (verb === 'check') return check(alias);
  if (verb === undefined || verb === 'help' || verb === '--help') return { output: usage, ok: true };
  throw new Error(`There is no command engine ${verb}.\n${usage}`);
}

/** @throws Error where /etc cannot be written, or systemd is not there */
function installUnit(): string {
  mkdirSync(dirname(rulesFile), { recursive: true, mode: 0o755 });
  writeFileSync(rulesFile, firewallRules(loadConfiguration(process.env).incus.blockedRanges), { mode: 0o644 });
  writeFileSync(unitFile, bootUnit, { mode: 0o644 });
  execFileSync('systemctl', ['daemon-reload'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('systemctl', ['enable', '--now', basename(unitFile)], { stdio: ['ignore', 'ignore', 'inherit'] });
  return `${unitFile} loads ${rulesFile} at every boot; install it again after RAFFIA_INCUS_BLOCKED_RANGES was changed.\n`;
}

/** One line of the table: what was looked at, how it is, and what that means. */
export interface Finding {
  readonly what: string;
  readonly is: 'ok' | 'note' | 'NO';
  readonly about: string;
}

async function check(alias: string | undefined): Promise<{ output: string; ok: boolean }> {
  const context = await engineContext().catch((error: Error) => error);
  if (context instanceof Error) {
    const { output } = table([{ what: 'connection', is: 'NO', about: context.message }]);
    return { output, ok: false };
  }
  const findings: Finding[] = [];
  for (const look of [connection, members, sysctls, storage, limits, room, networks, images])
    findings.push(await look(context).catch(broken));
  findings.push(...(await machine(context, alias)));
  return table(findings);
}

function broken(error: Error): Finding {
  return { what: 'engine', is: 'NO', about: error.message };
}

async function connection({ configuration, server, type }: EngineContext): Promise<Finding> {
  const canRunVms = canRunVirtualMachines(server);
  const kind = type === 'container' ? `system ${machinesOf(type)}` : machinesOf(type);
  const why = canRunVms ? '' : '; the host cannot run virtual machines';
  return {
    what: 'engine',
    is: type === 'virtual-machine' && !canRunVms ? 'NO' : 'ok',
    about: `${productOf(server)} at ${configuration.incus.url}, ${kind}${why}`,
  };
}

async function members({ api, server }: EngineContext): Promise<Finding> {
  if (!server.environment.server_clustered) return { what: 'cluster', is: 'note', about: 'none: one host' };
  const all = await api.get<{ server_name: string; status: string; message: string }[]>(
    '/1.0/cluster/members?recursion=1',
  );
  const away = all.filter(({ status }) => status !== 'Online');
  return away.length === 0
    ? { what: 'cluster', is: 'ok', about: `${all.length} members, all online` }
    : {
        what: 'cluster',
        is: 'NO',
        about: away.map(({ server_name, status, message }) => `${server_name} is ${status}: ${message}`).join('; '),
      };
}

async function sysctls({ configuration }: EngineContext): Promise<Finding> {
  if (!configuration.incus.url?.startsWith('unix://')) {
    return {
      what: 'kernel',
      is: 'note',
      about: 'not on this host: compare its sysctls with docs/operating.md yourself',
    };
  }
  const low = lowSysctls();
  if (low.length === 0) return { what: 'kernel', is: 'ok', about: 'its settings have room for many machines' };
  const about = low.map(({ name, value, least }) => `${name} is ${value}, needs ${least}`).join('; ');
  return { what: 'kernel', is: 'note', about: `${about} (docs/operating.md)` };
}

async function storage({ api, configuration }: EngineContext): Promise<Finding> {
  const { pool } = configuration.incus;
  const found = await api.find<{ driver: string; config?: Record<string, string> }>(`/1.0/storage-pools/${pool}`);
  if (found === undefined) {
    return { what: 'storage', is: 'NO', about: `there is no pool ${pool}; make it, or set RAFFIA_INCUS_POOL` };
  }
  const { space } = await api.get<{ space: { used: number; total: number } }>(`/1.0/storage-pools/${pool}/resources`);
  const room = `${(space.used / gib).toFixed(1)} of ${(space.total / gib).toFixed(1)} GiB used`;
  const backing = found.config?.source ?? '';
  if (backing.endsWith('.img')) {
    const file = await stat(backing).catch(() => undefined);
    const disk = await statfs(backing).catch(() => undefined);
    if (file !== undefined && disk !== undefined && file.size - file.blocks * 512 > disk.bavail * disk.bsize) {
      const about = `${pool}: ${room}, but the disk below has only ${((disk.bavail * disk.bsize) / gib).toFixed(1)} GiB left for it; make the pool smaller`;
      return { what: 'storage', is: 'NO', about };
    }
  }
  if (found.driver !== 'dir') return { what: 'storage', is: 'ok', about: `${pool}: ${found.driver}, ${room}` };
  return {
    what: 'storage',
    is: 'note',
    about: `${pool}: a directory, which enforces disk sizes only with project quotas, ${room}`,
  };
}

/** What one machine may take, and whether the host can keep it from taking more. */
async function limits({ api, configuration: { incus }, server, type }: EngineContext): Promise<Finding> {
  const what = 'limits';
  const { networkLimit, diskLimit, pool } = incus;
  const refused = await refuseUnlimitable(incus, server.environment.server_clustered).catch((error: Error) => error);
  if (refused instanceof Error) return { what, is: 'NO', about: refused.message };
  const each = [
    ['receives', networkLimit.receive, ' Mbit/s'],
    ['sends', networkLimit.send, ' Mbit/s'],
    ['reads', diskLimit.read, ' a second'],
    ['writes', diskLimit.write, ' a second'],
  ] as const;
  const inForce = each.flatMap(([verb, most, unit]) => (most === null ? [] : [`${verb} ${most}${unit}`]));
  const open = each.filter(([, most]) => most === null).map(([verb]) => verb);
  const about = [
    ...(inForce.length > 0 ? [`a machine ${inForce.join(', ')} at most`] : []),
    ...(open.length > 0
      ? [`nothing limits what it ${open.join(', ')} (RAFFIA_INCUS_NETWORK_LIMIT_*, RAFFIA_INCUS_DISK_LIMIT_*)`]
      : []),
  ];
  if (diskLimit.read !== null || diskLimit.write !== null) {
    const driver = (await api.find<{ driver: string }>(`/1.0/storage-pools/${pool}`))?.driver ?? '';
    if (type === 'virtual-machine' && server.environment.server === 'lxd')
      about.push('LXD 5.0 does not limit the disks of virtual machines');
    if (type === 'container' && !['btrfs', 'dir'].includes(driver))
      about.push(`on ${driver} nothing limits the disks of containers`);
  }
  return { what, is: inForce.length === 4 && about.length === 1 ? 'ok' : 'note', about: about.join('; ') };
}

/** What the machines of this cloud have been given, as the hosts themselves tell, and what is left. */
async function room({ api, configuration: { incus }, server }: EngineContext): Promise<Finding> {
  const all = await hostCapacity(api, incus, server.environment.server_clustered);
  const { told, lost } = await new Instances(new IncusApi(incus, incus.project)).all().catch((error) => {
    if (isRefusal(error, 'not-found')) return { told: [], lost: [] };
    throw error;
  });
  const known = told.map(knownOf);
  const sum = (part: keyof Size) => known.reduce((used, machine) => used + (machine[part] ?? 0), 0);
  const left = roomIn(all, { cpu: sum('cpu'), ram: sum('ram'), disk: sum('disk') });
  return {
    what: 'room',
    is: 'ok',
    about: `for ${left} (RAFFIA_INCUS_OVERCOMMIT_*); ${known.length} machines${lost.length === 0 ? '' : ` and ${lost.length} on hosts that do not answer`}`,
  };
}

async function networks({ configuration }: EngineContext): Promise<Finding> {
  const { ovnUplink, firewallCommands } = configuration.incus;
  const vpcs = ovnUplink === null ? 'VPCs are bridges' : `VPCs are OVN networks on ${ovnUplink}`;
  const rules =
    firewallCommands.length === 0
      ? 'firewall rules are yours to load'
      : `firewall rules: ${firewallCommands.join('; ')}`;
  return { what: 'networks', is: firewallCommands.length === 0 ? 'note' : 'ok', about: `${vpcs}; ${rules}` };
}

async function images({ api, catalogue }: EngineContext): Promise<Finding> {
  const there = await Promise.all(catalogue.templates.map((template) => hasImage(api, aliasOf(template))));
  const count = there.filter((isThere) => isThere).length;
  const about = `${count} of ${there.length} templates have an image; raffia images list shows which`;
  return { what: 'images', is: count === 0 ? 'NO' : 'ok', about };
}

async function machine(context: EngineContext, alias: string | undefined): Promise<Finding[]> {
  const image = alias ?? (await firstImage(context));
  if (image !== undefined) return throwAwayMachine(context, image);
  return [{ what: 'machine', is: 'note', about: 'not tried: there is no image to make one of' }];
}

async function firstImage({ api, catalogue }: EngineContext): Promise<string | undefined> {
  for (const template of catalogue.templates) if (await hasImage(api, aliasOf(template))) return aliasOf(template);
  return undefined;
}

function table(findings: readonly Finding[]): { output: string; ok: boolean } {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.map(({ what, is, about }) => `${is.padEnd(4)}  ${what.padEnd(width)}  ${about}\n`);
  const ok = findings.every((finding) => finding.is !== 'NO');
  return {
    output: `${lines.join('')}${ok ? 'This host can run machines.' : 'This host cannot run machines as it is.'}\n`,
    ok,
  };
}
