import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { MachineNic, MachineSpec, Progress } from '../engines/engine.ts';
import { IncusApi } from '../engines/incus/incus-api.ts';
import { IncusEngine } from '../engines/incus/incus-engine.ts';
import { isRefusal } from '../engines/incus/incus-error.ts';
import type { IncusSettings } from '../engines/incus/incus-settings.ts';
import { instanceName, networkName } from '../engines/incus/names.ts';
import { macOf } from '../foundation/cidr.ts';
import { systemClock } from '../foundation/clock.ts';
import type { Finding } from './engine-command.ts';
import type { EngineContext } from './engine-context.ts';

const run = promisify(execFile);

const goalMs = 120_000;
/** How long a guest may take to boot, set its addresses and start its ssh server. */
const guestMs = 120_000;
const sshPort = 22;

/** Of a block that is for documentation: no host's own network has it. */
const address = '192.0.2.2';
const gateway = '192.0.2.1';

/** Builds a machine in a project beside the cloud's own, so that a running server does not take it for a stray. */
export async function throwAwayMachine(context: EngineContext, image: string): Promise<Finding[]> {
  const { configuration, server } = context;
  const settings = { ...configuration.incus, project: `${configuration.incus.project}-check` };
  const isHere = settings.url.startsWith('unix://') && !server.environment.server_clustered;
  const keys = mkdtempSync(join(tmpdir(), 'raffia-check-'));
  const key = isHere ? await keyIn(keys) : undefined;
  const spec = machineOf(isHere, key?.publicKey);
  const engine = new IncusEngine({
    settings,
    cloudId: 'check',
    imageOf: () => image,
    onRecord: async () => [],
    clock: systemClock,
    log: pino({ level: 'silent' }),
  });
  const api = new IncusApi(settings, settings.project);
  const findings: Finding[] = [];
  const step = async (what: string, verb: () => Promise<Progress>) => {
    const started = performance.now();
    await reach(verb);
    findings.push({ what, is: 'ok', about: seconds(started) });
  };
  try {
    await step(`machine of ${image}`, () => engine.machines.apply(spec, { builds: true }));
    await step('start', () => engine.machines.start(spec));
    findings.push(...(isHere ? await wayIn(api, instanceName(spec.id), key?.file) : [notHere]));
    await step('stop', () => engine.machines.stop(spec, { force: true }));
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    findings.push({
      what: 'machine',
      is: 'NO',
      about: `${message}${cause === undefined ? '' : ` (${cause.message})`}`,
    });
  }
  try {
    await step('delete', () => engine.machines.delete(spec));
    // The network of its VPC, where something kept it from going with the machine.
    await engine.tidy();
    await removePublicNetworks(settings, spec.nics);
    await new IncusApi(settings, 'default').remove(`/1.0/projects/${settings.project}`);
  } catch (error) {
    findings.push({ what: 'delete', is: 'NO', about: `${instanceName(spec.id)} is left: ${(error as Error).message}` });
  }
  rmSync(keys, { recursive: true, force: true });
  await engine.close();
  return findings;
}

const notHere: Finding = {
  what: 'way in',
  is: 'note',
  about: 'public interface, ssh and reach to the host not tried: that needs a single host, and to be on it',
};

/** Whether a guest can be reached as people reach it, and does not reach what it must not. */
async function wayIn(api: IncusApi, instance: string, keyFile: string | undefined): Promise<Finding[]> {
  const started = performance.now();
  const isUp = await within(guestMs, () => answersAt(address, sshPort));
  if (isUp === undefined) {
    return [
      {
        what: 'public interface',
        is: 'NO',
        about: `nothing answers at ${address} within ${guestMs / 1000} s: the guest has not set its addresses (use an image with cloud-init), or another firewall of this host drops what goes to it`,
      },
      { what: 'ssh', is: 'note', about: 'not tried: there is no way to the guest' },
      { what: 'guest to host', is: 'note', about: 'not tried: there is no way from the guest' },
    ];
  }
  return [
    { what: 'public interface', is: 'ok', about: `${address} answers after ${seconds(started)}` },
    await sshInto(keyFile),
    await guestToHost(api, instance),
  ];
}

/** Whether there is a host at an address: one that refuses the connection is there as well. */
function answersAt(host: string, port: number): Promise<boolean> {
  return new Promise((answers) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (is: boolean) => {
      socket.destroy();
      answers(is);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' || code === 'ECONNRESET'));
  });
}

async function sshInto(keyFile: string | undefined): Promise<Finding> {
  const what = 'ssh';
  if (keyFile === undefined) return { what, is: 'note', about: 'not tried: this host has no ssh (openssh-client)' };
  const started = performance.now();
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'ConnectTimeout=5',
    // Not that the host is a new one, but why it does not let us in.
    'LogLevel=ERROR',
  ];
  let last = '';
  const isIn = await within(guestMs, async () => {
    const args = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-i', keyFile];
    return run('ssh', [...args, `root@${address}`, 'true'], { timeout: 20_000 }).then(
      () => true,
      (error: Error & { stderr?: string }) => {
        last = error.stderr?.trim().split('\n').at(-1) ?? '';
        return false;
      },
    );
  });
  if (isIn) return { what, is: 'ok', about: `root is let in with a key of ssh_keys, after ${seconds(started)}` };
  const about = `root is not let in with a key of ssh_keys: the image needs an ssh server that starts by itself${last === '' ? '' : ` (${last})`}`;
  return { what, is: 'NO', about };
}

/** Opens a connection with what the guest has for it: 3 where it has nothing, 4 where not even its own port opens. */
const dial = `to() {
  if command -v bash && command -v timeout; then timeout 3 bash -c "</dev/tcp/$1/$2"
  elif command -v nc; then nc -w 2 "$1" "$2" </dev/null
  else exit 3
  fi
} >/dev/null 2>&1
to 127.0.0.1 ${sshPort} || exit 4
to "$1" "$2"
exit 0
`;

/** A port of the host's, and a guest that tries to open it. */
async function guestToHost(api: IncusApi, instance: string): Promise<Finding> {
  const what = 'guest to host';
  let cameIn = false;
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    cameIn = true;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.end();
  });
  try {
    await new Promise<void>((listening, refused) => {
      listener.once('error', refused);
      listener.listen(0, gateway, listening);
    });
    const { port } = listener.address() as { port: number };
    const command = ['sh', '-c', dial, 'sh', gateway, String(port)];
    const code = await within(guestMs, () => exec(api, instance, command));
    if (cameIn) {
      return {
        what,
        is: 'NO',
        about:
          'a guest opens connections to this host: load the firewall rules (RAFFIA_INCUS_FIREWALL, or what raffia engine firewall prints)',
      };
    }
    if (code === 0) return { what, is: 'ok', about: 'a guest cannot open connections to this host' };
    return { what, is: 'note', about: 'not tried: the image has no bash or nc to open a connection with, or no ssh' };
  } catch (error) {
    return { what, is: 'note', about: `not tried: ${(error as Error).message}` };
  } finally {
    for (const socket of sockets) socket.destroy();
    listener.close();
  }
}

/** What a command in the guest ended with; undefined while the agent of a virtual machine does not answer. */
async function exec(api: IncusApi, instance: string, command: readonly string[]): Promise<number | undefined> {
  const body = { command, interactive: false, 'wait-for-websocket': false, 'record-output': true };
  return api.change<{ return: number }>('POST', `/1.0/instances/${instance}/exec`, body).then(
    (ended) => ended.return,
    (error) => {
      if (isRefusal(error, 'no-agent')) return undefined;
      throw error;
    },
  );
}

/** A VPC's network goes with its last machine; that of public addresses stays where nobody removes it. */
async function removePublicNetworks(settings: IncusSettings, nics: readonly MachineNic[]): Promise<void> {
  const api = new IncusApi(settings, 'default');
  for (const { network } of nics.filter(({ type }) => type === 'public')) {
    await api.remove(`/1.0/networks/${networkName(settings.project, network)}`);
  }
}

/** A pair of keys; undefined where there is no ssh. */
async function keyIn(folder: string): Promise<{ file: string; publicKey: string } | undefined> {
  const file = join(folder, 'key');
  try {
    await run('ssh', ['-V']);
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'raffia-check', '-f', file]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}

/** The smallest machine, in a VPC of its own, and with a public address. */
function machineOf(isPublic: boolean, publicKey: string | undefined): MachineSpec {
  const id = randomUUID();
  const inVpc = '10.255.254.2';
  const block = '192.0.2.0/24';
  const nics: MachineNic[] = [
    {
      nicId: 0,
      type: 'public',
      address,
      prefix: 24,
      gateway,
      mac: macOf(address),
      network: { id: block, cidr: block },
    },
    {
      nicId: 1,
      type: 'vpc',
      address: inVpc,
      prefix: 24,
      gateway: '10.255.254.1',
      mac: macOf(inVpc),
      network: { id, cidr: '10.255.254.0/24' },
    },
  ];
  return {
    id,
    generation: 1,
    name: 'raffia-check',
    cpu: 1,
    ram: 1,
    disk: 5,
    image: 'check',
    nics: isPublic ? nics : nics.slice(1),
    nameServers: [],
    volumes: [],
    sshKeys: publicKey === undefined ? [] : [publicKey],
  };
}

async function reach(verb: () => Promise<Progress>): Promise<void> {
  const deadline = performance.now() + goalMs;
  for (;;) {
    const progress = await verb();
    if (progress.done) return;
    if (performance.now() > deadline) throw new Error(`it did not end within ${goalMs / 1000} s`);
    await new Promise((again) => setTimeout(again, progress.retryInMs));
  }
}

/** Asks until there is an answer other than false, or the time is over. */
async function within<T>(ms: number, ask: () => Promise<T>): Promise<Exclude<T, false> | undefined> {
  const deadline = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, false>;
    if (performance.now() > deadline) return undefined;
    await new Promise((again) => setTimeout(again, 250));
  }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`;
}
