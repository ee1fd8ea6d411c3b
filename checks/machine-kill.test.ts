// timeout: 20m
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EngineHost, whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { pick, seededRandom } from '@raffia/server/testing/random.ts';
import { type Machine, RealCloud } from '@raffia/server/testing/real-cloud.ts';
import { until } from '@raffia/server/testing/until.ts';

/**
 * The engine's daemon and the server are killed at random moments while machines are made and deleted; machines that run meanwhile must
 * not notice.
 */
const kills = process.env.CI === 'true' ? 30 : 6;

interface Instance {
  readonly name: string;
  readonly status: string;
  readonly config: Record<string, string>;
}

describe('kills', { skip: whyNoDaemon('lxd') ?? false }, () => {
  let cloud: RealCloud;
  let running = true;

  before(async () => {
    cloud = await RealCloud.start(await EngineHost.start('lxd'), {
      RAFFIA_RECONCILE_SECONDS: '3',
      RAFFIA_QUOTA_VMS: '30',
    });
  });
  after(() => cloud?.stop());

  const call = async (method: string, path: string, body?: object) =>
    cloud.call(method, path, body).catch(() => undefined);

  /** Makes machines and deletes them, most of them before they are complete; some stay for a while. */
  async function stream(number: number, random: () => number): Promise<void> {
    const kept: string[] = [];
    for (let i = 0; running; i++) {
      const id = await cloud.ask(`stream-${number}-${i}`).catch(() => undefined);
      await new Promise((next) => setTimeout(next, random() * 2000));
      if (id !== undefined) kept.push(id);
      await useSnapshots(kept[Math.floor(random() * kept.length)], random);
      const gone = random() < 0.6 ? kept.pop() : kept.length > 4 ? kept.shift() : undefined;
      if (gone !== undefined) await call('DELETE', `/api/v1/vms/${gone}`, {});
    }
  }

  let taken = 0;

  /** Takes a snapshot of a machine, or deletes one that was taken of it. */
  async function useSnapshots(vm: string | undefined, random: () => number): Promise<void> {
    if (vm === undefined) return;
    if (random() < 0.6) {
      const name = 'moment';
      const answer = await call('POST', '/api/v1/snapshots', { resource_type: 'vm', resource_id: vm, name });
      if (answer?.status === 201) taken++;
      return;
    }
    const list = await call('GET', `/api/v1/snapshots?vm_id=${vm}`);
    const [newest] = (list?.body.data ?? []) as { id: number }[];
    if (newest !== undefined) await call('DELETE', `/api/v1/snapshots/${newest.id}`);
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
      ...networks
        .filter(({ config, used_by }) => config['user.raffia.vpc'] !== undefined && (used_by ?? []).length === 0)
        .map(({ name }) => `${name} is a VPC of nobody`),
    ];
  }

  test(`after ${kills} kills of the daemon and the server everything converges, and running machines were not touched`, async () => {
    const random = seededRandom();
    const bystanders = [await cloud.machine('still-1'), await cloud.machine('still-2')];
    const processes = await Promise.all(bystanders.map(firstProcess));
    const streams = Array.from({ length: 3 }, (_, i) => stream(i, random));
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
          cloud.host.log.slice(-2000),
          cloud.host.startLogs(),
          cloud.reasons(),
        ].join('\n'),
      ),
    );
    process.stdout.write(
      `${kills} kills, ${daemonKills} of the daemon: all agreed ${((Date.now() - ended) / 1000).toFixed(1)} s after the last\n`,
    );
    assert.ok(taken > 0, 'snapshots were taken');
    assert.deepEqual(await Promise.all(bystanders.map(firstProcess)), processes, 'a running machine was restarted');
    for (const { publicAddress, name } of bystanders) {
      assert.equal((await cloud.ssh(publicAddress, 'hostname')).trim(), name);
    }
  });
});
