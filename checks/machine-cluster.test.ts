// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EngineCluster } from '@raffia/server/testing/engine-cluster.ts';
import { whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { type Machine, RealCloud } from '@raffia/server/testing/real-cloud.ts';
import { until } from '@raffia/server/testing/until.ts';

/** A cluster of three: machines spread, a member evacuated and restored, a member killed. */
const count = 15;

describe('a cluster', { skip: whyNoDaemon('lxd') ?? false }, () => {
  let cluster: EngineCluster;
  let cloud: RealCloud;
  let vpcId: string;
  const machines: Machine[] = [];

  before(async () => {
    cluster = await EngineCluster.start();
    cloud = await RealCloud.start(cluster.first, cluster.settings);
  });
  after(async () => {
    await cloud?.stop({ andHost: false });
    await cluster?.stop();
  });

  /** Which members have how many machines, by their names. */
  const spread = async (): Promise<Map<string, string[]>> => {
    const instances = await cluster.first
      .api('raffia')
      .get<{ name: string; location: string; status: string }[]>('/1.0/instances?recursion=1');
    const members = new Map<string, string[]>([
      ['m1', []],
      ['m2', []],
      ['m3', []],
    ]);
    for (const { name, location } of instances) members.get(location)?.push(name.replace('rf-', ''));
    return members;
  };

  const readiness = async () =>
    (await cloud.call('GET', '/ready')).body.parts.engine as { status: string; message: string };

  test('fifteen VMs are spread over three members, and those of one VPC reach each other', async () => {
    const [first] = [await cloud.machine('vm-0', { vpc_name: 'all', vpc_cidr: '10.30.0.0/24' })];
    vpcId = await cloud.vpcId('all');
    machines.push(first);
    const rest = Array.from({ length: count - 1 }, (_, i) => cloud.ask(`vm-${i + 1}`, { vpc_id: vpcId }));
    const ids = await Promise.all(rest);
    await cloud.allActive();
    for (const id of ids) machines.push(await cloud.look(id));
    const members = await spread();
    const counts = [...members.values()].map((ids) => ids.length);
    assert.deepEqual(
      counts.reduce((sum, number) => sum + number, 0),
      count,
    );
    assert.ok(Math.min(...counts) >= 3, `spread ${counts}`);
    const one = [...members.values()].map((ids) => machines.find(({ id }) => id === ids.at(-1)) as Machine);
    for (const from of one) {
      for (const to of one) {
        const answer = await cloud.ssh(
          from.publicAddress,
          `nc -w 3 ${to.privateAddress} 22 </dev/null >/dev/null && echo yes || echo no`,
        );
        assert.equal(answer.trim(), 'yes', `${from.name} to ${to.name}`);
      }
    }
  });

  test('a member is evacuated and restored, and every VM is there throughout', async () => {
    const api = cluster.first.api();
    await api.change('POST', '/1.0/cluster/members/m2/state', { action: 'evacuate' });
    assert.equal((await spread()).get('m2')?.length, 0);
    await cloud.allActive();
    for (const { publicAddress, name } of machines.slice(0, 4)) {
      // It kept its address: who talked to it before looks for it anew when the neighbour entry has run out.
      assert.equal((await cloud.ssh(publicAddress, 'hostname')).trim(), name);
    }
    await api.change('POST', '/1.0/cluster/members/m2/state', { action: 'restore' });
    assert.ok(((await spread()).get('m2')?.length ?? 0) > 0);
    await cloud.allActive();
  });

  test('a member that dies is named within 30 s; other VMs stay, new ones join networks that are there, and new networks wait', async () => {
    const lost = new Set((await spread()).get('m3'));
    const third = cluster.members[2] as NonNullable<EngineCluster['members'][number]>;
    const killed = Date.now();
    await third.endDaemon('SIGKILL');
    const said = await until(
      'the API names the member',
      async () => {
        const engine = await readiness();
        return engine.status === 'degraded' && engine.message.includes('m3') ? engine.message : undefined;
      },
      { everyMs: 200 },
    );
    process.stdout.write(`A killed member is named after ${((Date.now() - killed) / 1000).toFixed(1)} s: ${said}\n`);
    const here = machines.filter(({ id }) => !lost.has(id));
    for (const { publicAddress, name } of here.slice(0, 3)) {
      // It kept its address: who talked to it before looks for it anew when the neighbour entry has run out.
      assert.equal((await cloud.ssh(publicAddress, 'hostname')).trim(), name);
    }
    const { body } = await cloud.call('GET', '/api/v1/vms?limit=100');
    assert.ok(
      body.data.every((vm: { status: string }) => vm.status === 'active'),
      'nothing is taken for stopped',
    );

    const added = await cloud.machine('joined', { vpc_id: vpcId });
    assert.equal((await cloud.ssh(added.publicAddress, 'hostname')).trim(), 'joined');

    const waiting = await cloud.ask('waiting');
    await until(
      'it is told what it waits for',
      async () =>
        (await cloud.unfinished()).some(
          ({ resource_id, waiting_for = '' }) => resource_id === waiting && waiting_for.includes('does not answer'),
        ),
      { everyMs: 200 },
    );
    const { output } = cloud.server.command('operator', 'operations');
    assert.match(output, new RegExp(`${waiting}.*waits: .*does not answer`), 'the operator reads it as well');
    await third.startDaemon();
    await cluster.are('Online', 'Online', 'Online');
    await cloud.status(waiting, 'active');
    await until('the host is well again', async () => (await readiness()).status === 'ready');
    await cloud.allActive();
  });

  test('what was deleted leaves nothing on any member', async () => {
    const { body } = await cloud.call('GET', '/api/v1/vms?limit=100');
    for (const { id } of body.data as { id: string }[]) await cloud.remove(id);
    const api = cluster.first.api('raffia');
    await until('no machine is left', async () => (await api.get<string[]>('/1.0/instances')).length === 0, {
      everyMs: 500,
    });
    await until(
      'no VPC is left',
      async () => {
        const networks = await api.get<{ config: Record<string, string> }[]>('/1.0/networks?recursion=1');
        return networks.every(({ config }) => config['user.raffia.vpc'] === undefined);
      },
      { everyMs: 500 },
    );
  });
});
