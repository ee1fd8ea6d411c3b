import assert from 'node:assert/strict';
import type { FilterDirection, NicFilter } from '@raffia/contract/nic-filter.ts';
import { type KyselyPlugin, sql } from 'kysely';
import { pino } from 'pino';
import { loadConfiguration } from '../configuration/configuration.ts';
import { openDatabase } from '../database/database.ts';
import type {
  Engine,
  MachineNic,
  MachineRef,
  MachineSpec,
  MachineState,
  MachineVolume,
  VolumeRef,
} from '../engines/engine.ts';
import { IncusEngine } from '../engines/incus/incus-engine.ts';
import { instanceName, interfaceName, networkName, volumeName } from '../engines/incus/names.ts';
import { SimulatedEngine } from '../engines/simulated/simulated-engine.ts';
import { familyOf, parseEitherBlock } from '../foundation/cidr.ts';
import { systemClock } from '../foundation/clock.ts';
import { type DaemonKind, EngineHost, testImage } from './engine-host.ts';
import { MortalSocket } from './mortal-socket.ts';
import { createTestDatabase } from './test-database.ts';

/** An engine that is killed right after so many changes of its host. */
export interface MortalEngine {
  readonly engine: Engine;
  readonly isDead: () => boolean;
  readonly close: () => Promise<void>;
}

/** An engine under test, and what its interface does not tell: how machines find their network, and what is left on their host. */
export interface EngineUnderTest {
  readonly engine: Engine;
  /** Another engine for the same host, which sends no more than so many changes; the last is not answered. */
  mortal(changes: number): Promise<MortalEngine>;
  /** Whether a machine that runs reaches an address by an interface; with another address than its own, where one is named. */
  reaches(from: MachineSpec, by: MachineNic, address: string, as?: string): Promise<boolean>;
  /** Whether a machine that runs gets an answer of the sshd of an address by an interface, within a second or two. */
  connects(from: MachineSpec, by: MachineNic, address: string): Promise<boolean>;
  /** Whether a machine that runs reaches what is outside of its host, and is answered. */
  reachesOutside(from: MachineSpec): Promise<boolean>;
  /** The public addresses of the routers that the host has. */
  routers(): Promise<string[]>;
  /** The name servers that the guest of a machine that runs asks. */
  nameServers(machine: MachineSpec): Promise<readonly string[]>;
  /** Where an interface of a machine is still mentioned, on the host and in the guest. */
  traces(machine: MachineSpec, nic: MachineNic): Promise<string[]>;
  /** Writes a text on the disk of a machine that runs, in place of what was written before. */
  writeOnDisk(machine: MachineRef, text: string): Promise<void>;
  /** What is written on a machine's disk, whether it runs or not. */
  readDisk(machine: MachineRef): Promise<string>;
  /** How many snapshots of a machine its host has, complete or not. */
  snapshotsOf(machine: MachineRef): Promise<number>;
  /** How many snapshots of a volume its host has, complete or not, and how many GB can be written to the volume. */
  volumeOnHost(volume: VolumeRef): Promise<{ snapshots: number; holds: number }>;
  /** What is on the host of backups that are on their way, or were. */
  leftOfBackups(): Promise<string[]>;
  /** Takes the disk of a machine that is off from its pool, as a pool does that is damaged; undefined where there are none. */
  readonly loseDisk?: (machine: MachineRef) => Promise<void>;
  /** Removes what is in the places of such disks, as operators are told to. */
  readonly clearLost?: () => Promise<void>;
  /** Kills the daemon of the host as in the middle of a restore: the disk is put aside, and nothing is in its place yet. */
  readonly tearRestore?: (machine: MachineSpec) => Promise<void>;
  /** Removes what a daemon that was killed left of a restore, as operators are told to. */
  readonly clearTornRestore?: () => Promise<void>;
  /** Writes a text on a volume, in the guest of a machine that has it and runs. */
  write(machine: MachineSpec, volume: MachineVolume, text: string): Promise<void>;
  /** What was written on a volume last, read in the guest of a machine; undefined where the guest has no such volume or nothing is on it. */
  read(machine: MachineSpec, volume: MachineVolume): Promise<string | undefined>;
  /** Kills the host's daemon and starts it again; undefined where there is none. */
  readonly killDaemon?: () => Promise<void>;
  close(): Promise<void>;
}

const log = pino({ level: 'silent' });

/** Changes of the database, counted. */
class Mortality implements KyselyPlugin {
  isDead = false;
  #lives: number;

  constructor(lives: number) {
    this.#lives = lives;
  }

  transformQuery({ node }: Parameters<KyselyPlugin['transformQuery']>[0]) {
    if (this.isDead) throw new Error('killed');
    const isChange = node.kind !== 'SelectQueryNode' && node.kind !== 'RawNode';
    if (isChange && this.#lives-- === 0) {
      this.isDead = true;
      throw new Error('killed');
    }
    return node;
  }

  async transformResult({ result }: Parameters<KyselyPlugin['transformResult']>[0]) {
    return result;
  }
}

/** The block of one address. */
const hostBlock = (address: string) => `${address}/${familyOf(address) === 4 ? 32 : 128}`;

interface Packet {
  readonly protocol: 'TCP' | 'ICMP';
  readonly port: number;
}

/** Whether a filter lets something through, which the other end sends or gets. */
function lets(way: keyof NicFilter, filter: NicFilter | undefined, other: string, { protocol, port }: Packet): boolean {
  const { families, rules }: FilterDirection = filter?.[way] ?? { families: [], rules: [] };
  const family = familyOf(other);
  if (!families.includes(family)) return true;
  const address = parseEitherBlock(hostBlock(other))?.first ?? -1n;
  return rules.some((rule) => {
    const { first = 0n, last = -1n } =
      rule.cidr === null ? { last: address } : (parseEitherBlock(`${rule.cidr.address}/${rule.cidr.prefix}`) ?? {});
    const isPort = rule.ports.length === 0 || rule.ports.some((range) => range.first <= port && port <= range.last);
    const isProtocol = rule.protocol === 'ALL' || rule.protocol === protocol;
    const isFamily = rule.cidr === null || rule.cidr.family === family;
    return isProtocol && isFamily && isPort && first <= address && address <= last;
  });
}

export async function openSimulated(): Promise<EngineUnderTest> {
  const { url, drop } = await createTestDatabase();
  const { db, close } = openDatabase(url, 5, () => {});
  const { simulatedDelays } = loadConfiguration({ RAFFIA_SIMULATED_DELAY: '0.05' });
  const engine = new SimulatedEngine(db, systemClock, simulatedDelays);
  const isMounted = async ({ id }: MachineSpec, volume: MachineVolume) => {
    const machine = await engine.machines.inspect(id);
    return machine?.power === 'on' && machine.known.volumes?.includes(volume.id) === true;
  };
  /** The interface of a network with an address, on a machine that runs. */
  const nicAt = (machines: readonly MachineState[], network: string, at: string) =>
    machines
      .filter(({ power }) => power === 'on')
      .flatMap(({ id, known }) => known.nics.map((nic) => ({ id, ...nic })))
      .find((nic) => nic.address === at && nic.network?.id === network);
  // Nobody borrows an address of machines that send nothing.
  const passes = async ({ id }: MachineSpec, by: MachineNic, address: string, as: string, what: Packet) => {
    const { told: machines } = await engine.machines.list();
    const [from, to] = [as, address].map((at) => nicAt(machines, by.network.id, at));
    if (from?.id !== id || to === undefined) return false;
    return lets('outbound', from.filter, address, what) && lets('inbound', to.filter, as, what);
  };
  return {
    engine,
    mortal: async (changes) => {
      const mortality = new Mortality(changes);
      return {
        engine: new SimulatedEngine(db.withPlugin(mortality), systemClock, simulatedDelays),
        isDead: () => mortality.isDead,
        close: async () => {},
      };
    },
    reaches: (from, by, address, as = by.address) => passes(from, by, address, as, { protocol: 'ICMP', port: 0 }),
    connects: (from, by, address) => passes(from, by, address, by.address, { protocol: 'TCP', port: 22 }),
    reachesOutside: async ({ id }) => {
      const machine = await engine.machines.inspect(id);
      return (
        machine?.power === 'on' &&
        machine.known.nics.some(({ type, network }) => type === 'public' || network?.router !== undefined)
      );
    },
    routers: async () => {
      const nics = (await engine.machines.list()).told.flatMap(({ known }) => known.nics);
      return [...new Set(nics.flatMap(({ network }) => network?.router?.address ?? []))];
    },
    nameServers: async ({ id }) => (await engine.machines.inspect(id))?.known.nameServers ?? [],
    traces: async ({ id }, { address }) => {
      const { rows } = await sql<{ row: string }>`
        select m::text as row from simulated_machines m where id = ${id} and m::text like ${`%${address}%`}`.execute(
        db,
      );
      return rows.map(({ row }) => row);
    },
    writeOnDisk: async ({ id }, contents) => {
      await db.updateTable('simulated_machines').set({ contents }).where('id', '=', id).execute();
    },
    readDisk: async ({ id }) => {
      const row = await db
        .selectFrom('simulated_machines')
        .select('contents')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return row.contents ?? '';
    },
    snapshotsOf: async ({ id }) =>
      (await db.selectFrom('simulated_snapshots').select('id').where('machine_id', '=', id).execute()).length,
    leftOfBackups: async () => [],
    write: async (machine, volume, text) => {
      assert.ok(await isMounted(machine, volume), 'the guest has the volume');
      await db.updateTable('simulated_volumes').set({ contents: text }).where('id', '=', volume.id).execute();
    },
    read: async (machine, volume) => {
      if (!(await isMounted(machine, volume))) return undefined;
      const all = db.selectFrom('simulated_volumes').select('contents').where('id', '=', volume.id);
      return (await all.executeTakeFirstOrThrow()).contents ?? undefined;
    },
    volumeOnHost: async ({ id }) => {
      const snapshots = await db.selectFrom('simulated_snapshots').select('id').where('volume_id', '=', id).execute();
      const all = db.selectFrom('simulated_volumes').select('size').where('id', '=', id);
      return { snapshots: snapshots.length, holds: (await all.executeTakeFirst())?.size ?? 0 };
    },
    close: async () => {
      await close();
      await drop();
    },
  };
}

export async function openReal(kind: DaemonKind): Promise<EngineUnderTest> {
  const host = await EngineHost.start(kind);
  const engineAt = async (settings: Record<string, string>) => {
    const engine = new IncusEngine({
      settings: loadConfiguration({ ...host.settings, ...settings }).incus,
      cloudId: 'suite',
      imageOf: () => testImage,
      onRecord: async () => [],
      clock: systemClock,
      log,
    });
    await engine.prepare();
    return engine;
  };
  const engine = await engineAt({});
  const inside = (machine: MachineRef, command: string) => host.inGuest('raffia', instanceName(machine.id), command);
  let mortals = 0;
  return {
    engine,
    mortal: async (changes) => {
      const socket = await MortalSocket.open(`${host.folder}/mortal-${++mortals}`, host.socket, changes);
      const mortal = await engineAt({ RAFFIA_INCUS_URL: `unix://${socket.path}` });
      return {
        engine: mortal,
        isDead: () => socket.isDead,
        close: async () => {
          await mortal.close();
          await socket.close();
        },
      };
    },
    reaches: async (from, by, address, as) => {
      const name = interfaceName(by);
      const borrow = as === undefined ? '' : `ip addr add ${hostBlock(as)} dev ${name}; `;
      const giveBack = as === undefined ? '' : `ip addr del ${hostBlock(as)} dev ${name}; `;
      const source = as ?? by.address;
      const said = await inside(
        from,
        `${borrow}ping -c 1 -W 1 -I ${source} ${address} >/dev/null 2>&1 && echo yes || echo no; ${giveBack}`,
      );
      return said.trim() === 'yes';
    },
    connects: async (from, _by, address) =>
      (await inside(from, `timeout 2 nc -w 1 ${address} 22 </dev/null 2>/dev/null | head -c 3`)).trim() === 'SSH',
    reachesOutside: async (from) =>
      (await inside(from, 'ping -c 1 -W 1 198.51.100.2 >/dev/null 2>&1 && echo yes || echo no')).trim() === 'yes',
    routers: async () => {
      const said = await host.run(
        'sh',
        '-c',
        'for router in /run/netns/rfr*; do [ ! -e $router ] || nsenter --net=$router ip -o -4 addr show dev outside; done',
      );
      return [...said.matchAll(/ inet ([0-9.]+)\//g)].map(([, address]) => address as string);
    },
    nameServers: async (machine) => {
      const said = await inside(machine, 'cat /etc/resolv.conf');
      return [...said.matchAll(/^nameserver (\S+)$/gm)].map(([, server]) => server as string);
    },
    traces: async (machine, nic) => {
      const words = `${nic.address}[^0-9]|${nic.mac}|${interfaceName(nic)}`;
      type Instance = { name: string; config: object; devices: object };
      const instances = await host.api('raffia').get<Instance[]>('/1.0/instances?recursion=1');
      const { config, devices } = instances.find(({ name }) => name === instanceName(machine.id)) as Instance;
      const own = JSON.stringify({ config, devices }, null, 1);
      const looks: Record<string, Promise<string>> = {
        firewall: host.run(
          'sh',
          '-c',
          `nft list ruleset | grep -E '${nic.address}[^0-9]|${nic.mac}|${instanceName(machine.id)}.${interfaceName(nic)}' || :`,
        ),
        'ends of interfaces': host.run('sh', '-c', 'ls /sys/class/net | grep "^rf[pv]" || :').then((all) =>
          all
            .split('\n')
            .filter((port) => !JSON.stringify(instances).includes(port))
            .join(' '),
        ),
        'a network that nobody uses': host
          .api()
          .find<{ name: string; used_by: string[] | null }>(`/1.0/networks/${networkName('raffia', nic.network)}`)
          .then((network) => (network?.used_by === null || network?.used_by.length === 0 ? network.name : '')),
        instance: Promise.resolve(own.match(new RegExp(`.*(?:${words}|untold).*`))?.[0] ?? ''),
        'guest: interfaces': inside(machine, `ip addr | grep -E '${words}' || :`),
        'guest: files': inside(machine, `grep -E '${words}' /etc/network/interfaces || :`),
      };
      const found = await Promise.all(
        Object.entries(looks).map(async ([where, look]) => ({ where, said: (await look).trim() })),
      );
      return found.filter(({ said }) => said !== '').map(({ where, said }) => `${where}: ${said}`);
    },
    writeOnDisk: async (machine, text) => {
      await inside(machine, `printf %s '${text}' > /root/written && sync`);
    },
    readDisk: async ({ id }) => {
      const file = await host.api('raffia').readFile(instanceName(id), '/root/written');
      assert.ok(file !== undefined, 'something is written on its disk');
      return file.content;
    },
    snapshotsOf: async ({ id }) =>
      ((await host.api('raffia').find<string[]>(`/1.0/instances/${instanceName(id)}/snapshots`)) ?? []).length,
    volumeOnHost: async ({ id }) => {
      const [pool, name] = [`${host.directory}/storage-pools/default`, volumeName(id)];
      const path = `/1.0/storage-pools/default/volumes/custom/${name}/snapshots`;
      const snapshots = (await host.api('raffia').find<string[]>(path)) ?? [];
      const quota = `btrfs qgroup show -rf --raw "$(ls -d ${pool}/custom/*_${name} 2>/dev/null || echo /none)" 2>/dev/null | tail -1 || :`;
      const bytes = Number((await host.run('sh', '-c', quota)).trim().split(/\s+/)[3] ?? 0);
      return { snapshots: snapshots.length, holds: bytes / 2 ** 30 };
    },
    leftOfBackups: async () => {
      const api = host.api('raffia');
      type Image = { fingerprint: string; properties: Record<string, string> | null };
      const images = await api.get<Image[]>('/1.0/images?recursion=1');
      type Instance = { name: string; snapshots: { name: string }[] | null };
      const instances = await api.get<Instance[]>('/1.0/instances?recursion=2');
      const snapshots = instances.flatMap((one) => (one.snapshots ?? []).map(({ name }) => `${one.name}: ${name}`));
      return [
        ...images.filter(({ properties }) => properties?.['raffia.backup']).map(({ fingerprint }) => fingerprint),
        ...instances.map(({ name }) => name).filter((name) => /^(restoring|lost)-/.test(name)),
        ...snapshots.filter((name) => name.includes('backup-')),
      ];
    },
    loseDisk: async ({ id }) => {
      const disk = `${host.directory}/storage-pools/default/containers/raffia_${instanceName(id)}`;
      await host.run('btrfs', 'subvolume', 'delete', disk);
    },
    clearLost: async () => {
      await host.run('sh', '-c', `rm -rf ${host.directory}/storage-pools/default/containers/raffia_lost-*`);
    },
    tearRestore: async ({ id }) => {
      const disk = `${host.directory}/storage-pools/default/containers/raffia_${instanceName(id)}`;
      await host.endDaemon('SIGKILL');
      await host.run('mv', disk, `${disk}.${host.kind}tmp`);
      await host.startDaemon();
    },
    // As docs/operating.md says; a subvolume has the inode 256.
    clearTornRestore: async () => {
      const pools = ['containers', 'custom'].map((kind) => `${host.directory}/storage-pools/default/${kind}`);
      const script = `for torn in ${pools.map((pool) => `${pool}/*.${host.kind}tmp`).join(' ')}; do
        [ -e "$torn" ] || continue
        own="\${torn%.*}"
        if [ -e "$own" ] && [ "$(stat -c %i "$own")" = 256 ]; then btrfs subvolume delete "$torn"
        else [ ! -e "$own" ] || rmdir "$own"; mv "$torn" "$own"; fi
      done`;
      await host.run('sh', '-ec', script);
    },
    write: async (machine, { number }, text) => {
      await inside(
        machine,
        `grep -q ' /mnt/volume-${number} ' /proc/mounts && printf %s '${text}' > /mnt/volume-${number}/written`,
      );
    },
    read: async (machine, { number }) => {
      const text = await inside(machine, `cat /mnt/volume-${number}/written 2>/dev/null || :`);
      return text === '' ? undefined : text;
    },
    killDaemon: async () => {
      await host.endDaemon('SIGKILL');
      await host.startDaemon();
    },
    close: async () => {
      await engine.close();
      await host.stop();
    },
  };
}

/** Dies at its first change, so that whatever it is asked must be so already. */
export async function withoutAChange(under: EngineUnderTest, ask: (engine: Engine) => Promise<void>): Promise<void> {
  const mortal = await under.mortal(0);
  try {
    await ask(mortal.engine);
    assert.equal(mortal.isDead(), false);
  } finally {
    await mortal.close();
  }
}
