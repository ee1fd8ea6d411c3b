import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IncusApi } from '../engines/incus/incus-api.ts';
import { commandOf, type Process, processes, statusOf } from './processes.ts';
import { claimFolder, removeHost, sweepHosts } from './sweep-hosts.ts';
import { buildTinyImage } from './tiny-image.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** The daemons that tests can start, with the variable that names their directory. */
const daemons = {
  lxd: { program: '/usr/bin/lxd', package: 'lxd', variable: 'LXD_DIR', client: 'lxc', clientVariable: 'LXD_CONF' },
  incus: {
    program: '/usr/libexec/incus/incusd',
    package: 'incus-base',
    variable: 'INCUS_DIR',
    client: 'incus',
    clientVariable: 'INCUS_CONF',
  },
} as const;

/** How often a daemon that hangs is started again. */
const startsAtMost = 3;

export type DaemonKind = keyof typeof daemons;

/** What a test host is made with, and the package of Debian's that has it: some are only recommended by those of the daemons. */
const tools: readonly (readonly [string, string])[] = [
  ['/usr/bin/unshare', 'util-linux'],
  ['/usr/sbin/dnsmasq', 'dnsmasq-base'],
  ['/usr/sbin/nft', 'nftables'],
  ['/usr/bin/ip', 'iproute2'],
  ['/usr/bin/ssh', 'openssh-client'],
  ['/usr/sbin/mkfs.btrfs', 'btrfs-progs'],
  ['/usr/bin/tcpdump', 'tcpdump'],
  ['/usr/bin/nc', 'netcat-openbsd'],
];

/** Why no daemon of this kind can be started here; undefined where it can. */
export function whyNoDaemon(kind: DaemonKind): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = [...tools, [daemons[kind].program, daemons[kind].package] as const].filter(
    ([file]) => !existsSync(file),
  );
  return missing.length === 0
    ? undefined
    : `needs ${missing.map(([file, from]) => `${file} (package ${from})`).join(', ')}`;
}

/** How many users a host has for its containers. */
const usersOfHost = 10_000_000;
/** How many ranges of users there are to choose from: all below 2^31, since LXD cuts the number of a greater one when it moves a machine. */
const ranges = 200;

/** What is there before anybody creates a machine: the pool's name, and an alias of the image. */
export const testPool = 'default';
export const testImage = 'tiny';

/**
 * A daemon of its own, in a network and mount namespace and a folder of its own, as if it were a host: with a btrfs pool on a loop
 * device, the tiny image, and `outside`, a namespace on the other side of its uplink.
 */
export class EngineHost {
  readonly kind: DaemonKind;
  readonly folder: string;
  readonly tag: string;
  /** The uplink's addresses: this host's, and that of what is outside. */
  readonly address: string;
  readonly #outside: string;
  readonly #holder: ChildProcess;
  #daemon: ChildProcess | null = null;
  #log = '';

  private constructor(
    kind: DaemonKind,
    folder: string,
    tag: string,
    address: string,
    outside: string,
    holder: ChildProcess,
  ) {
    this.#outside = outside;
    this.kind = kind;
    this.folder = folder;
    this.tag = tag;
    this.address = address;
    this.#holder = holder;
  }

  /** A host of its own, ready for machines. */
  static async start(kind: DaemonKind = 'lxd', image = sharedImage(), poolSize = '30GiB'): Promise<EngineHost> {
    sweepHosts();
    const tag = randomBytes(3).toString('hex');
    const outside = `rfo${tag}`;
    await ip('netns', 'add', outside);
    await ip('-n', outside, 'link', 'set', 'lo', 'up');
    const host = await EngineHost.create(kind, tag, '198.51.100.1');
    await ip('-n', host.namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside);
    await ip('-n', host.namespace, 'addr', 'add', '198.51.100.1/24', 'dev', 'eth0');
    await ip('-n', host.namespace, 'link', 'set', 'eth0', 'up');
    await ip('-n', host.namespace, 'route', 'add', 'default', 'via', '198.51.100.2');
    await ip('-n', outside, 'addr', 'add', '198.51.100.2/24', 'dev', 'eth0');
    await ip('-n', outside, 'link', 'set', 'eth0', 'up');
    await ip('-n', outside, 'route', 'add', 'default', 'via', '198.51.100.1');
    for (const [at, end] of [host.namespace, outside].entries()) {
      await ip('-n', end, 'addr', 'add', `2001:db8:ff::${at + 1}/64`, 'dev', 'eth0', 'nodad');
      await ip('-n', end, 'route', 'add', 'default', 'via', `2001:db8:ff::${2 - at}`);
    }
    try {
      await host.startDaemon();
      await host.furnish(image, poolSize);
    } catch (error) {
      await host.stop();
      throw error;
    }
    return host;
  }

  /** A host without a network yet, whose daemon is not started. */
  static async create(kind: DaemonKind, tag: string, address: string, outside = `rfo${tag}`): Promise<EngineHost> {
    const folder = mkdtempSync(join(tmpdir(), `raffia-${kind}-`));
    // The roots of containers are other users here, and have to come through.
    chmodSync(folder, 0o711);
    const namespace = `rfh${tag}`;
    claimFolder(folder, [namespace, outside]);
    await ip('netns', 'add', namespace);
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    const cgroups = join(folder, 'cgroups');
    mkdirSync(cgroups);
    // Another kernel's hosts would share no users either: what the kernel counts for each user is this host's own.
    const users = join(folder, 'users');
    const first = 1_000_000 + (Number.parseInt(hash('sha256', outside, 'hex').slice(0, 8), 16) % ranges) * usersOfHost;
    writeFileSync(users, ['root', '_lxd'].map((user) => `${user}:${first}:${usersOfHost}\n`).join(''));
    // Namespaces are pinned by name where nobody else's are. The daemon sees its own interfaces under /sys, and the machine's control groups where it looks for them.
    const script = `mount --rbind /sys/fs/cgroup ${cgroups} && umount -l /sys && mount -t sysfs sysfs /sys &&
      mount --rbind ${cgroups} /sys/fs/cgroup && umount -l ${cgroups} &&
      mount -t tmpfs none /run/netns &&
      for ids in /etc/subuid /etc/subgid; do [ ! -e $ids ] || mount --bind ${users} $ids || exit 1; done && echo ready && exec sleep infinity`;
    const holder = spawn(
      'nsenter',
      [`--net=/run/netns/${namespace}`, 'unshare', '-m', '--propagation', 'private', 'sh', '-c', script],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise<void>((ready, reject) => {
      holder.stdout.once('data', () => ready());
      holder.once('exit', (code) => reject(new Error(`the namespaces could not be made (${code})`)));
    });
    return new EngineHost(kind, folder, tag, address, outside, holder);
  }

  get namespace(): string {
    return `rfh${this.tag}`;
  }

  /** The namespace of what is outside. */
  get outsideNamespace(): string {
    return this.#outside;
  }

  get directory(): string {
    return join(this.folder, 'd');
  }

  get socket(): string {
    return join(this.directory, 'unix.socket');
  }

  /** What goes before a command that is to run on this host. */
  get prefix(): string[] {
    return ['nsenter', '-t', String(this.#holder.pid), '-n', '-m'];
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  /** The end of what the daemon wrote. */
  get log(): string {
    return this.#log.slice(-100_000);
  }

  /** The ends of what containers wrote when they were started last, of those whose start went wrong. */
  startLogs(): string {
    return globSync('logs/*/lxc.log', { cwd: this.directory })
      .map((file) => [file, readFileSync(join(this.directory, file), 'utf8')] as const)
      .filter(([, text]) => text.includes(' ERROR '))
      .slice(0, 3)
      .map(([file, text]) => `${file}:\n${text.slice(-700)}`)
      .join('\n');
  }

  /** Settings of a server whose machines run here. */
  get settings(): Record<string, string> {
    return {
      RAFFIA_ENGINE: 'incus',
      RAFFIA_INCUS_URL: `unix://${this.socket}`,
      RAFFIA_INCUS_POOL: testPool,
      RAFFIA_INCUS_TYPE: 'container',
      // Tests make more machines than this host is to carry.
      RAFFIA_INCUS_OVERCOMMIT_CPU: '1000',
      RAFFIA_INCUS_OVERCOMMIT_RAM: '1000',
      RAFFIA_INCUS_OVERCOMMIT_DISK: '1000',
      RAFFIA_INCUS_FIREWALL: [...this.prefix, 'nft', '-f', '-'].join(' '),
      RAFFIA_INCUS_GATEWAY: [...this.prefix, 'sh', '-s'].join(' '),
      RAFFIA_CATALOGUE: tinyCatalogue(this.folder),
    };
  }

  api(project = 'default'): IncusApi {
    const none = { certificateFile: null, keyFile: null, serverCertificateFile: null };
    return new IncusApi({ url: `unix://${this.socket}`, ...none }, project);
  }

  /** Starts the daemon and waits until it answers. One that hangs is killed and started again, as the service of a real host is. */
  async startDaemon(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#spawnDaemon();
      try {
        await this.#daemonAnswers();
        return;
      } catch (error) {
        // What it waits for is what the stacks of its goroutines say.
        await this.endDaemon('SIGABRT');
        const sentence = `${(error as Error).message}; it waited for:\n${waitedFor(this.#log)}`;
        if (attempt === startsAtMost) throw new Error(sentence);
        process.stdout.write(`${sentence}\n`);
      }
    }
  }

  #spawnDaemon(): void {
    const { program, variable } = daemons[this.kind];
    mkdirSync(this.directory, { recursive: true });
    const [command = '', ...args] = [...this.prefix, program, '--group', 'root'];
    // The namespaces are entered by the very process that becomes the daemon: its pid is the one to kill.
    const daemon = spawn(command, args, {
      env: { ...process.env, [variable]: this.directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [daemon.stdout, daemon.stderr]) {
      stream.on('data', (chunk) => {
        this.#log = `${this.#log}${chunk}`.slice(-1_000_000);
      });
    }
    this.#daemon = daemon;
  }

  async #daemonAnswers(): Promise<void> {
    const daemon = this.#daemon;
    const api = this.api();
    await until(
      `${this.kind} answers`,
      async () => {
        if (daemon?.exitCode !== null) throw new Error(`${this.kind} ended with ${daemon?.exitCode}: ${this.log}`);
        return (await api.get<unknown>('/1.0/instances').catch(() => undefined)) !== undefined;
      },
      { everyMs: 50 },
    );
  }

  /** Ends the daemon; machines go on. One that is asked and hangs is killed. */
  async endDaemon(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === null || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((done) => daemon.once('exit', done));
    daemon.kill(signal);
    const patience = setTimeout(() => daemon.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(patience);
    // A child that it was about to run may outlive it with its socket open, and the next daemon would wait for that one's answer for ever.
    // On a host systemd has the socket, and gives it to each.
    rmSync(this.socket, { force: true });
  }

  /** Adds the pool and the image. */
  async furnish(image: string, size: string): Promise<void> {
    const api = this.api();
    // Daemons are killed here and no power is cut: nothing has to wait for the disk beneath.
    const config = { size, 'btrfs.mount_options': 'user_subvol_rm_allowed,nobarrier' };
    await api.change('POST', '/1.0/storage-pools', { name: testPool, driver: 'btrfs', config });
    await this.addImage(image);
  }

  async addImage(image: string): Promise<void> {
    const api = this.api();
    const { fingerprint } = await api.change<{ fingerprint: string }>('POST', '/1.0/images', readFileSync(image), {
      headers: { 'content-type': 'application/octet-stream' },
    });
    await api.change('POST', '/1.0/images/aliases', { name: testImage, target: fingerprint });
  }

  /** The folder of a running instance's control group, as its first process says. */
  async controlGroup(project: string, instance: string, controller: string): Promise<string> {
    const { pid } = await this.api(project).get<{ pid: number }>(`/1.0/instances/${instance}/state`);
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    const [, own] = new RegExp(`^\\d+:${controller}:(.*)$`, 'm').exec(groups) ?? [];
    const path = own ?? /^0::(.*)$/m.exec(groups)?.[1] ?? '';
    // What runs inside may have groups of its own.
    const payload = /^.*\/lxc\.payload[^/]*/.exec(path)?.[0];
    if (payload === undefined) throw new Error(`${instance} is in no group of its own: ${groups}`);
    return join('/sys/fs/cgroup', own === undefined ? '' : controller, payload);
  }

  /** Runs a command on the host. */
  async run(...command: string[]): Promise<string> {
    const [program = '', ...args] = [...this.prefix, ...command];
    return (await run(program, args, { maxBuffer: 1 << 26 })).stdout;
  }

  /**
   * Runs a line of shell in the guest of a container that runs, as its root: in its namespaces, and not by the engine, whose client and
   * helper are programs of their own. Of what limits the guest nothing holds for it.
   */
  async inGuest(project: string, instance: string, line: string): Promise<string> {
    const container = `${project}_${instance}`;
    // One that has just been started is becoming its first program.
    const init = await until(`${container} runs`, () => this.#firstProcess(container), { withinMs: 20_000 });
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
    return (await run('nsenter', ['-t', String(init), '-a', '/bin/sh', '-c', line], { env, maxBuffer: 1 << 26 }))
      .stdout;
  }

  readonly #firstProcesses = new Map<string, Process>();

  /** The host's number of a container's first process; it is the child of a monitor that is named after the container. */
  #firstProcess(container: string): number | undefined {
    const monitor = `[lxc monitor] ${this.directory}/containers ${container}`;
    const isFirst = ({ pid, parent }: Process) =>
      commandOf(parent)?.trim() === monitor && /^NSpid:.*\t1$/m.test(statusOf(pid) ?? '');
    const known = this.#firstProcesses.get(container);
    if (known !== undefined && commandOf(known.pid) === known.command && isFirst(known)) return known.pid;
    const found = processes().find((one) => one.command !== '' && isFirst(one));
    if (found !== undefined) this.#firstProcesses.set(container, found);
    return found?.pid;
  }

  /** Runs a command outside, beyond the host's uplink. */
  async outside(...command: string[]): Promise<string> {
    return (await run('ip', ['netns', 'exec', this.#outside, ...command], { maxBuffer: 1 << 26 })).stdout;
  }

  /** Runs the engine's own command line on the host; it would read a configuration from its input. */
  client(...args: string[]): Promise<string> {
    const { client, variable, clientVariable } = daemons[this.kind];
    const settings = [`${variable}=${this.directory}`, `${clientVariable}=${join(this.folder, 'client')}`];
    return this.run('env', ...settings, 'sh', '-c', 'exec "$@" </dev/null', 'sh', client, ...args);
  }

  /** Ends everything that runs here and removes every trace. */
  async stop({ isCleared = false } = {}): Promise<void> {
    if (!isCleared) await this.clear();
    await this.endDaemon('SIGTERM');
    this.#holder.kill('SIGKILL');
    removeHost(this.folder, [this.namespace, this.#outside]);
  }

  /** Removes the instances, images and pools. */
  async clear(): Promise<void> {
    await this.#clear().catch((error) => process.stderr.write(`${error}\n`));
  }

  async #clear(): Promise<void> {
    if (this.#daemon === null) return;
    if (this.#daemon.exitCode !== null || this.#daemon.signalCode !== null) await this.startDaemon();
    const api = this.api();
    const instances = await api.get<{ name: string; project: string; status: string }[]>(
      '/1.0/instances?recursion=1&all-projects=true',
    );
    await Promise.all(
      instances.map(async ({ name, project, status }) => {
        const there = this.api(project);
        if (status !== 'Stopped') {
          await there.change('PUT', `/1.0/instances/${name}/state`, { action: 'stop', force: true }).catch(() => {});
        }
        await there.remove(`/1.0/instances/${name}`).catch(() => {});
      }),
    );
    for (const { fingerprint } of await api.get<{ fingerprint: string }[]>('/1.0/images?recursion=1')) {
      await api.remove(`/1.0/images/${fingerprint}`).catch(() => {});
    }
    for (const { name } of await api.get<{ name: string }[]>('/1.0/storage-pools?recursion=1')) {
      await api.remove(`/1.0/storage-pools/${name}`).catch(() => {});
    }
  }
}

/** Of the stacks that a daemon wrote as it was ended: those that had waited for a minute or more, and the daemon's own. */
function waitedFor(log: string): string {
  const stacks = log.split(/\n\n(?=goroutine \d)/).slice(1);
  const isIdle = /runtime\.gopark|net\/http\.\(\*persistConn|IO wait/;
  return stacks
    .filter((stack) => /\[[^\]]*minutes?/.test(stack) || /\/lxd\/|\/incusd\//.test(stack))
    .filter((stack) => !isIdle.test(stack.split('\n', 1)[0] ?? ''))
    .map((stack) => stack.replaceAll(/^(runtime\.|\t).*\n?/gm, ''))
    .join('\n\n')
    .slice(0, 10_000);
}

export function ip(...args: string[]): Promise<unknown> {
  return run('ip', args);
}

let image: string | undefined;

/** The tiny image, built once a process. */
export function sharedImage(): string {
  if (image === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'raffia-tiny-'));
    image = join(folder, 'tiny.tar.gz');
    buildTinyImage(image);
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return image;
}

/** The usual catalogue, where every template is the tiny image. */
function tinyCatalogue(folder: string): string {
  const file = join(folder, 'catalogue.yaml');
  const usual = readFileSync(join(import.meta.dirname, '..', '..', 'catalogue.yaml'), 'utf8');
  writeFileSync(file, usual.replaceAll(/^( +)osType: linux,$/gm, `$1osType: linux,\n$1image: ${testImage},`));
  return file;
}

/** A new pair of ssh keys: the private one as a file, the public one as text. */
export function sshKeyPair(folder: string): { file: string; publicKey: string } {
  const file = join(folder, `key-${randomBytes(4).toString('hex')}`);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test@raffia', '-f', file]);
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}
