// timeout: 20m
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lastOf, volumeIdOf } from '@raffia/server/engines/incus/names.ts';
import { EngineHost, whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { pick, seededRandom } from '@raffia/server/testing/random.ts';
import { type Machine, RealCloud } from '@raffia/server/testing/real-cloud.ts';
import { until } from '@raffia/server/testing/until.ts';

/**
 * The engine's daemon and the server are killed at random moments while machines, and what belongs to them, are made and deleted;
 * machines that run meanwhile must not notice, and nothing is left over or lost.
 */
const kills = process.env.CI === 'true' ? 12 : 6;

interface Instance {
  readonly name: string;
  readonly status: string;
  readonly config: Record<string, string>;
  readonly devices: Record<string, Record<string, string>>;
}

/** What the API tells of an interface. */
interface Nic {
  readonly ip: string;
  readonly security_group_id?: string | null;
}

describe('kills', { skip: whyNoDaemon('lxd') ?? false }, () => {
  let cloud: RealCloud;
  let running = true;
  let group: string;
  /** A machine that stays, of whose disk nothing is taken. */
  let mover: string | undefined;

  before(async () => {
    cloud = await RealCloud.start(await EngineHost.start('lxd'), {
      RAFFIA_RECONCILE_SECONDS: '3',
      RAFFIA_QUOTA_VMS: '30',
      // What a killed restic leaves has a suite of its own.
      RAFFIA_BACKUPS_STORE: 'files',
    });
    const rules = [{ protocol: 'TCP', rule_type: 'INBOUND', range: '22' }];
    group = (await cloud.call('POST', '/api/v1/security-groups', { name: 'ssh', rules })).body.data.id;
  });
  after(() => cloud?.stop());

  const call = async (method: string, path: string, body?: object) =>
    cloud.call(method, path, body).catch(() => undefined);

  /** Makes machines and deletes them, most of them before they are complete; some stay for a while. */
  async function stream(number: number, random: () => number, still: readonly string[]): Promise<void> {
    const kept: string[] = [];
    for (let i = 0; running; i++) {
      const id = await cloud.ask(`stream-${number}-${i}`).catch(() => undefined);
      await new Promise((next) => setTimeout(next, random() * 2000));
      if (id !== undefined) kept.push(id);
      // Those that run all the time are ready for whatever there is.
      await use(random() < 0.5 ? pick(random, still) : kept[Math.floor(random() * kept.length)], random);
      const gone = random() < 0.6 ? kept.pop() : kept.length > 4 ? kept.shift() : undefined;
      if (gone !== undefined) await call('DELETE', `/api/v1/vms/${gone}`, {});
    }
  }

  /** What has to be done while there are kills. */
  const kindsOfWork = [
    'snapshots',
    'volumes',
    'attached volumes',
    'detached volumes',
    'addresses',
    'groups',
    'backups',
  ];
  /** How often each was accepted. */
  const accepted: Record<string, number> = {};

  async function asks(what: string, method: string, path: string, body?: object): Promise<void> {
    const answer = await call(method, path, body);
    accepted[what] = (accepted[what] ?? 0) + (answer !== undefined && answer.status < 300 ? 1 : 0);
  }

  const list = async <T>(path: string): Promise<T[]> => ((await call('GET', path))?.body.data ?? []) as T[];

  /** Does some of what can be done with a machine, without waiting for the one before. */
  async function use(vm: string | undefined, random: () => number): Promise<void> {
    if (vm === undefined) return;
    const path = `/api/v1/vms/${vm}`;
    const some = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)];
    const number = Math.floor(random() * 1e9);
    const ways: Record<string, () => Promise<void>> = {
      snapshot: () =>
        asks('snapshots', 'POST', '/api/v1/snapshots', { resource_type: 'vm', resource_id: vm, name: 'moment' }),
      'no snapshot': async () => {
        const one = some(await list<{ id: number }>(`/api/v1/snapshots?vm_id=${vm}`));
        if (one !== undefined) await asks('deleted snapshots', 'DELETE', `/api/v1/snapshots/${one.id}`);
      },
      volume: () =>
        asks('volumes', 'POST', '/api/v1/volumes', {
          name: `volume-${number}`,
          size: 1,
          volume_type: 'nvme',
          ...(random() < 0.5 ? { vm_id: vm } : {}),
        }),
      'change of a volume': async () => {
        const all = await list<{ id: number; product_vm?: string; status: string }>('/api/v1/volumes?limit=100');
        const one = some(all.filter(({ status }) => status === 'available' || status === 'attached'));
        if (one === undefined) return;
        const volume = `/api/v1/volumes/${one.id}`;
        if (one.product_vm !== undefined) await asks('detached volumes', 'POST', `${volume}/detach`);
        else if (random() < 0.7) await asks('attached volumes', 'POST', `${volume}/attach`, { vm_id: vm });
        else await asks('deleted volumes', 'DELETE', volume);
      },
      address: async () => {
        const one = (await list<{ nic_id: number; type: string }>(`${path}/networks`)).find(
          ({ type }) => type === 'ipv6',
        );
        if (one === undefined) await asks('addresses', 'POST', `${path}/ip`, { type: 'IPv6' });
        else await asks('no addresses', 'DELETE', `${path}/ip/${one.nic_id}`);
      },
      group: async () => {
        const one = some(await list<Nic & { nic_id: number }>(`${path}/networks`));
        if (one === undefined) return;
        const body = { security_group_id: group, nic_id: one.nic_id };
        if (!one.security_group_id) await asks('groups', 'POST', `${path}/security-groups`, body);
        else await asks('no groups', 'DELETE', `${path}/security-groups/${group}/${one.nic_id}`);
      },
      backup: () => asks('backups', 'POST', '/api/v1/backups', { vm_id: vm }),
      'no backups': async () => {
        const one = some(await list<{ id: string }>(`/api/v1/backups?vm_id=${vm}`));
        if (one !== undefined) await asks('deleted chains', 'DELETE', `/api/v1/backups/${one.id}/chain`);
      },
    };
    // While the disk of one is taken nothing can be moved to it or from it.
    const isMover = vm === mover;
    const names = Object.keys(ways).filter((name) => !isMover || !['snapshot', 'backup'].includes(name));
    for (let n = 0; n < 2; n++) await ways[pick(random, names)]?.();
  }

  /** Volumes, interfaces, rules and backups that the API tells of and the host has not, or the other way round. */
  async function differentBelongings(instances: readonly Instance[]): Promise<string[]> {
    const host = cloud.host;
    type Told = { id: number; product_vm?: string; status: string };
    const volumes = (await list<Told>('/api/v1/volumes?limit=100')).filter(({ status }) => status !== 'failed');
    const pool = (await host.api('raffia').get<string[]>('/1.0/storage-pools/default/volumes/custom')).map(
      (path) => volumeIdOf(lastOf(path)) ?? path,
    );
    const kept = await cloud.rows<{ uid: string }>(
      `select uid from volumes where status <> 'failed' union select volume_uid from snapshots where volume_uid is not null`,
    );
    const attached = instances
      .flatMap(({ name, devices }) => Object.keys(devices).map((device) => `${name} ${device}`))
      .filter((line) => line.includes(' volume-'));
    const told = volumes.flatMap(({ id, product_vm }) => (product_vm ? [`rf-${product_vm} volume-${id}`] : []));
    const names = await Promise.all(
      instances.map(async ({ name, devices }) => {
        const nics = await list<Nic>(`/api/v1/vms/${name.replace('rf-', '')}/networks`);
        const has = Object.values(devices)
          .filter(({ type }) => type === 'nic')
          .map((device) => device['ipv4.address'] ?? device['ipv6.address']);
        return {
          isSame: String(has.sort()) === String(nics.map(({ ip }) => ip).sort()),
          what: `${name} has ${has}, of which ${nics.map(({ ip }) => ip)} are told`,
          filtered: nics.filter(({ security_group_id }) => security_group_id).length,
        };
      }),
    );
    const rules = await host.run('sh', '-c', 'nft list map bridge raffia_filters inbound 2>/dev/null || :');
    const filtered = [...rules.matchAll(/"rf[pv]\w+\*" : jump/g)].length;
    const shouldBe = names.reduce((sum, nics) => sum + nics.filtered, 0);
    const backups = await list<{ id: string; status: string }>('/api/v1/backups?limit=100');
    const ready = backups.filter(({ status }) => status !== 'failed').map(({ id }) => id);
    const files = globSync('**', { cwd: join(cloud.server.folder, 'data/backups'), withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
    const differ = (what: string, has: readonly string[], tells: readonly string[]) =>
      String([...has].sort()) === String([...tells].sort()) ? [] : [`${what}: ${has}; told: ${tells}`];
    return [
      ...differ(
        'volumes',
        pool,
        kept.map(({ uid }) => uid),
      ),
      ...volumes
        .filter(({ status }) => status !== 'available' && status !== 'attached')
        .map((v) => `${v.id} is ${v.status}`),
      ...differ('attached', attached, told),
      ...names.filter(({ isSame }) => !isSame).map(({ what }) => what),
      ...(filtered === shouldBe ? [] : [`${filtered} interfaces are filtered, ${shouldBe} should be: ${rules}`]),
      ...differ('backups', files, ready),
      ...(await leftOnTheWay(instances)),
    ];
  }

  /** What disks that are given out have on the host meanwhile. */
  async function leftOnTheWay(instances: readonly Instance[]): Promise<string[]> {
    type Image = { fingerprint: string; properties: Record<string, string> | null };
    const images = await cloud.host.api('raffia').get<Image[]>('/1.0/images?recursion=1');
    return [
      ...images.filter(({ properties }) => properties?.['raffia.backup']).map(({ fingerprint }) => fingerprint),
      ...instances.map(({ name }) => name).filter((name) => !name.startsWith('rf-')),
    ];
  }

  /** The snapshots that the API tells of and the host has not, or the other way round; by machine. */
  async function differentSnapshots(): Promise<string[]> {
    const api = cloud.host.api('raffia');
    const rows = (await cloud.call('GET', '/api/v1/snapshots?limit=100')).body.data as { product_vm: string }[];
    const instances = await api.get<Instance[]>('/1.0/instances?recursion=1');
    const found = await Promise.all(
      instances.map(async ({ name }) => {
        const paths = (await api.find<string[]>(`/1.0/instances/${name}/snapshots`)) ?? [];
        const told = rows.filter(({ product_vm }) => name === `rf-${product_vm}`).length;
        const isComplete = paths.every((path) => path.includes('/snapshot-'));
        return told === paths.length && isComplete ? [] : [`${name} has ${paths}, of which ${told} are told`];
      }),
    );
    return found.flat();
  }

  /** What the machine's first process is, for the host: another one after any restart. */
  const firstProcess = async ({ id }: Machine) =>
    (await cloud.host.api('raffia').get<{ pid: number }>(`/1.0/instances/rf-${id}/state`)).pid;

  /** What disagrees between what the API tells and what the host has; empty where nothing does. */
  async function differences(): Promise<string[]> {
    const api = cloud.host.api('raffia');
    const instances = await api.get<Instance[]>('/1.0/instances?recursion=1');
    const rows = (await cloud.call('GET', '/api/v1/vms?limit=100')).body.data as { id: string; status: string }[];
    const byId = new Map(instances.map((instance) => [instance.name.replace('rf-', ''), instance]));
    const networks =
      await api.get<{ name: string; config: Record<string, string>; used_by: string[] | null }[]>(
        '/1.0/networks?recursion=1',
      );
    return [
      ...((await cloud.unfinished()).length > 0 ? ['work is not finished'] : []),
      ...rows.flatMap(({ id, status }) => {
        const instance = byId.get(id);
        byId.delete(id);
        if (status === 'failure') return instance === undefined ? [] : [`${id} has failed and is there`];
        if (instance === undefined) return [`${id} is ${status} and is not there`];
        const isComplete = instance.config['user.raffia.state'] === 'ready';
        return status === 'active' && instance.status === 'Running' && isComplete
          ? []
          : [`${id} is ${status}, and on the host ${instance.status}, complete: ${isComplete}`];
      }),
      ...[...byId.keys()].map((id) => `${id} is there without a row`),
      ...(await differentSnapshots()),
      ...(await differentBelongings(instances)),
      ...networks
        .filter(({ config, used_by }) => config['user.raffia.vpc'] !== undefined && (used_by ?? []).length === 0)
        .map(({ name }) => `${name} is a VPC of nobody`),
    ];
  }

  test(`after ${kills} kills of the daemon and the server everything converges, and running machines were not touched`, async () => {
    const random = seededRandom();
    const bystanders = [await cloud.machine('still-1'), await cloud.machine('still-2'), await cloud.machine('still-3')];
    mover = bystanders[2]?.id;
    const processes = await Promise.all(bystanders.map(firstProcess));
    const streams = Array.from({ length: 3 }, (_, i) =>
      stream(
        i,
        random,
        bystanders.map(({ id }) => id),
      ),
    );
    let daemonKills = 0;
    try {
      for (let i = 0; i < kills; i++) {
        await new Promise((moment) => setTimeout(moment, 100 + random() * 1200));
        if (pick(random, ['daemon', 'server']) === 'daemon') {
          daemonKills++;
          await cloud.host.endDaemon('SIGKILL');
          await cloud.host.startDaemon();
        } else {
          await cloud.server.end('SIGKILL');
          await cloud.server.start();
        }
      }
      // A slow machine: what none of the streams has come to yet, it comes to now.
      const missing = () => kindsOfWork.filter((what) => (accepted[what] ?? 0) === 0);
      await until('of each some was accepted', async () => missing().length === 0, { withinMs: 240_000 }).catch(
        (error) => assert.fail(`${(error as Error).message}: ${missing().join(', ')}`),
      );
    } finally {
      running = false;
    }
    await Promise.all(streams);
    const ended = Date.now();
    let left: string[] = [];
    await until(
      'everything converges',
      async () => {
        left = await differences();
        return left.length === 0;
      },
      { withinMs: 240_000, everyMs: 500 },
    ).catch(async (error) =>
      assert.fail(
        [
          `${(error as Error).message}: ${left.join('; ')}`,
          JSON.stringify(await cloud.unfinished()),
          JSON.stringify(await cloud.rows('select * from volumes where deleted_at is null')),
          JSON.stringify(
            await cloud.rows(
              `select kind, resource_id, status, error, input, step, created_at, finished_at from operations
                where kind like 'volume.%' order by created_at`,
            ),
          ),
          cloud.host.log.slice(-2000),
          cloud.host.startLogs(),
          cloud.server.log
            .split('\n')
            .filter((line) => line.includes('tidied') || line.includes('reconcil'))
            .slice(-20)
            .join('\n'),
          cloud.reasons(),
        ].join('\n'),
      ),
    );
    process.stdout.write(
      `${kills} kills, ${daemonKills} of the daemon: all agreed ${((Date.now() - ended) / 1000).toFixed(1)} s after the last\n`,
    );
    process.stdout.write(`${JSON.stringify(accepted)}\n`);
    assert.deepEqual(await Promise.all(bystanders.map(firstProcess)), processes, 'a running machine was restarted');
    for (const { publicAddress, name } of bystanders) {
      assert.equal((await cloud.ssh(publicAddress, 'hostname')).trim(), name);
    }
  });
});
