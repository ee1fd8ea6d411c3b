import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Settings of the kernel that all containers of a host share, with the least that a host of machines needs. All containers are made by one
 * user, whose inotify instances (128, as kernels come) and watches are counted together, as are the host's open files, terminals and
 * threads: one machine that takes them keeps the others from booting. With room for all, each machine's own memory is what limits it.
 */
export const leastSysctls: Readonly<Record<string, number>> = {
  'fs.inotify.max_user_instances': 2_147_483_647,
  'fs.inotify.max_user_watches': 2_147_483_647,
  'fs.inotify.max_queued_events': 1_048_576,
  'fs.file-max': 1_000_000_000,
  'fs.aio-max-nr': 16_777_216,
  'kernel.keys.maxkeys': 2000,
  'kernel.keys.maxbytes': 2_000_000,
  'kernel.pid_max': 4_194_304,
  'kernel.threads-max': 4_194_304,
  'kernel.pty.max': 1_048_576,
  'vm.max_map_count': 262_144,
};

export interface LowSysctl {
  readonly name: string;
  readonly value: number;
  readonly least: number;
}

/** Those of this host that are too low; what this kernel does not have is left out. */
export function lowSysctls(): LowSysctl[] {
  return Object.entries(leastSysctls).flatMap(([name, least]) => {
    try {
      const value = Number(readFileSync(fileOf(name), 'utf8'));
      return value < least ? [{ name, value, least }] : [];
    } catch {
      return [];
    }
  });
}

/** Raises what is too low on this host. The answer is what could not be raised, as where this user is not root. */
export function raiseSysctls(): LowSysctl[] {
  return lowSysctls().filter(({ name, least }) => {
    try {
      writeFileSync(fileOf(name), String(least));
      return false;
    } catch {
      return true;
    }
  });
}

function fileOf(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}
