import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { guardFolder, guardProcess } from './guard.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache');

/** Why no Debian can be made and booted here; undefined where one can. */
export function whyNoDebian(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['/usr/sbin/debootstrap', '/usr/bin/dpkg-deb', '/usr/bin/nsenter', '/usr/bin/curl'].filter(
    (file) => !existsSync(file),
  );
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}`;
}

/**
 * The least Debian, of this host's release, with systemd and the packages given: made once with debootstrap, from where this host has its
 * own packages, and kept packed. The answer is a new folder with it, which goes with this process.
 */
export async function freshDebian(packages: readonly string[]): Promise<string> {
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  const include = ['systemd', ...packages].sort();
  const packed = join(cache, `debian-${[release, ...include].join('+')}.tar`);
  const folder = mkdtempSync(join(tmpdir(), 'raffia-debian-'));
  guardFolder(folder);
  if (existsSync(packed)) {
    await run('tar', ['-xpf', packed, '-C', folder]);
  } else {
    const options = ['--variant=minbase', `--include=${include}`];
    await run('debootstrap', [...options, release, folder, await mirrorOf(release)], { maxBuffer: 1 << 26 });
    mkdirSync(cache, { recursive: true });
    await run('tar', ['-cpf', `${packed}.${process.pid}`, '-C', folder, '.']);
    renameSync(`${packed}.${process.pid}`, packed);
  }
  // Nothing in it has to outlive a crash of the machine.
  writeFileSync(join(folder, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  // It becomes the root folder of all users.
  chmodSync(folder, 0o755);
  return folder;
}

const groupPrefix = 'raffia-debian-';

/** Removes the groups of systems whose test was killed. */
function sweep(unified: string): void {
  for (const name of readdirSync(unified).filter((one) => one.startsWith(groupPrefix))) {
    if (!existsSync(`/proc/${name.slice(groupPrefix.length)}`)) removeGroups(join(unified, name));
  }
}

/** Removes a control group with all below it; the answer is whether it is gone: while it has processes it stays. */
function removeGroups(cgroup: string): boolean {
  spawnSync('find', [cgroup, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'], { stdio: 'ignore' });
  return !existsSync(cgroup);
}

/** Where this host's packages come from. */
async function mirrorOf(release: string): Promise<string> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(CODENAME) $(REPO_URI)']);
  const found = stdout.split('\n').find((line) => line.startsWith(`${release} http`));
  return found?.split(' ')[1] ?? 'http://deb.debian.org/debian';
}

/** A Debian that has booted from a folder, with namespaces, a cgroup and a network of its own. */
export class DebianSystem {
  readonly #boot: ChildProcess;
  readonly #cgroup: string;
  /** Of its first process, as the host numbers it. */
  readonly pid: string;

  private constructor(boot: ChildProcess, cgroup: string, pid: string) {
    this.#boot = boot;
    this.#cgroup = cgroup;
    this.pid = pid;
  }

  /** Boots what `freshDebian` made; done once all that starts by itself has started, or failed. */
  static async boot(folder: string): Promise<DebianSystem> {
    const groups = '/sys/fs/cgroup';
    const unified = existsSync(join(groups, 'unified')) ? join(groups, 'unified') : groups;
    sweep(unified);
    const cgroup = join(unified, `${groupPrefix}${process.pid}`);
    const script = join(import.meta.dirname, 'debian-system.sh');
    const boot = guardProcess(spawn(script, [folder, cgroup], { stdio: ['ignore', 'ignore', 'inherit'] }));
    let pid = '';
    await until('systemd has started', () => {
      pid = readFileSync(`/proc/${boot.pid}/task/${boot.pid}/children`, 'utf8').trim();
      return pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'systemd';
    });
    const system = new DebianSystem(boot, cgroup, pid);
    await until('the system has booted', async () => {
      const state = await system.run('systemctl is-system-running || true').catch(() => '');
      return ['running', 'degraded'].includes(state);
    });
    return system;
  }

  /**
   * What a command of the shell printed, run in it as root.
   *
   * @throws Error with all that it said where it fails
   */
  async run(command: string): Promise<string> {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const { stdout } = await run('nsenter', ['-a', '-t', this.pid, 'sh', '-ec', command], { env });
    return stdout.trim();
  }

  /** What a request to it answers, in its network: the programs are this host's. */
  // biome-ignore lint/suspicious/noExplicitAny: as JSON is
  async fetch(path: string, ...options: string[]): Promise<any> {
    const args = ['--silent', '--show-error', '--fail-with-body', ...options, `http://127.0.0.1:8080${path}`];
    const { stdout } = await run('nsenter', ['-n', '-t', this.pid, 'curl', ...args]);
    return JSON.parse(stdout);
  }

  /** Ends all that runs in it at once. */
  async end(): Promise<void> {
    const ended = once(this.#boot, 'exit');
    this.#boot.kill('SIGKILL');
    await ended;
    // A folder of groups is removed like an empty one, once the last of its processes has gone.
    await until('its processes are gone', () => removeGroups(this.#cgroup));
  }
}
