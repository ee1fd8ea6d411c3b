import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processes } from './processes.ts';

const ownerFile = 'owner.json';

/** Writes down whose a host's folder is, so that what a killed test run left can be told from what is in use. */
export function claimFolder(folder: string, namespaces: readonly string[]): void {
  writeFileSync(join(folder, ownerFile), JSON.stringify({ pid: process.pid, namespaces }));
}

/** Removes hosts whose test run was killed: their processes, loop devices, namespaces and folders. */
export function sweepHosts(): void {
  for (const folder of globSync('raffia-{lxd,incus,node}-*', { cwd: tmpdir() }).map((name) => join(tmpdir(), name))) {
    const file = join(folder, ownerFile);
    if (!existsSync(file)) continue;
    const { pid, namespaces } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; namespaces: string[] };
    if (existsSync(`/proc/${pid}`)) continue;
    removeHost(folder, namespaces);
  }
}

/** Ends whatever still runs in a host's folder, and removes it with its namespaces. */
export function removeHost(folder: string, namespaces: readonly string[]): void {
  const ours = processes().filter(({ command }) => command.includes(`${folder}/`));
  const monitors = new Set(ours.filter(({ command }) => command.startsWith('[lxc monitor]')).map(({ pid }) => pid));
  // The first process of a container outlives its monitor.
  const inits = processes().filter(({ parent }) => monitors.has(parent));
  for (const { pid } of [...ours, ...inits]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
  removeNamespaces(namespaces);
  for (const [, device] of execFileSync('losetup', ['-a'], { encoding: 'utf8' }).matchAll(/^(\S+):.*$/gm)) {
    const backing = spawnSync('losetup', ['-nO', 'BACK-FILE', device as string], { encoding: 'utf8' }).stdout.trim();
    if (backing.startsWith(`${folder}/`)) spawnSync('losetup', ['-d', device as string]);
  }
  rmSync(folder, { recursive: true, force: true });
}

export function removeNamespaces(namespaces: readonly string[]): void {
  for (const namespace of namespaces) {
    if (existsSync(`/run/netns/${namespace}`)) spawnSync('ip', ['netns', 'del', namespace]);
  }
}
