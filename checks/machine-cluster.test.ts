// timeout: 15m
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EngineCluster } from '@raffia/server/testing/engine-cluster.ts';
import { whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { type Machine, RealCloud } from '@raffia/server/testing/real-cloud.ts';
import { until } from '@raffia/server/testing/until.ts';

/** A cluster of three: machines spread, a member drained and brought back, a member killed. */
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

  test('the operator drains a member and brings it back: told before, agreed to, and with every VM throughout', async () => {
    const operator = (...words: string[]) => cloud.server.command('operator', ...words);
    // Volumes lie on the member that the server speaks to.
    const here = (await spread()).get('m1') as string[];
    const [bound = '', ...others] = here;
    const volume = { name: 'bound', size: 1, volume_type: 'nvme', region: 'us-east' };
    const made = await cloud.call('POST', '/api/v1/volumes', { ...volume, vm_id: bound });
    assert.equal(made.status, 202, JSON.stringify(made.body));
    await until(
      'the volume is attached',
      async () => {
        const { body } = await cloud.call('GET', `/api/v1/volumes/${made.body.data.id}`);
        assert.notEqual(body.data.status, 'failed', cloud.reasons());
        return body.data.status === 'attached';
      },
      { everyMs: 200 },
    );
    const refused = operator('drain', 'm1');
    assert.equal(refused.status, 1, refused.output);
    assert.match(refused.output, /Nothing was done yet: say --yes/);
    assert.match(refused.output, new RegExp(`^Moved to other hosts: ${others.length};`, 'm'));
    assert.match(
      refused.output,
      new RegExp(`^Off, and where they are, .*: 1;.*\\n  ${bound} .*: its volumes are on this host alone$`, 'm'),
    );
    assert.deepEqual((await spread()).get('m1'), here, 'nothing was done');

    /** What the host is said to be, one after the other, while something is done to it. */
    const statesDuring = async (last: string, ...words: string[]) => {
      const states: string[] = [];
      const work = cloud.server.inBackground('operator', 'drain', 'm1', ...words);
      await until(
        `m1 is ${last}`,
        async () => {
          const state = /^ +m1: (\w+),/m.exec(operator('status').output)?.[1] ?? '';
          if (states.at(-1) !== state) states.push(state);
          return state === last && work.ended;
        },
        { everyMs: 500 },
      );
      return states;
    };
    const began = Date.now();
    const going = await statesDuring('drained', '--yes');
    process.stdout.write(`m1 was drained of ${others.length} within ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
    assert.deepEqual(going.slice(-2), ['draining', 'drained']);
    const told = operator('drain', 'm1');
    assert.match(told.output, new RegExp(`^m1 is drained. Still on it, and off:\\n  ${bound} `));
    assert.deepEqual((await spread()).get('m1'), [bound]);
    assert.match(operator('status').output, /m1: drained, 1 machine; sold: .* of 0 /);
    for (const id of others) await cloud.status(id, 'active');
    await cloud.status(bound, 'passive');
    for (const { publicAddress, name } of machines.filter(({ id }) => id !== bound).slice(0, 4)) {
      // It kept its address: who talked to it before looks for it anew when the neighbour entry has run out.
      assert.equal((await cloud.ssh(publicAddress, 'hostname')).trim(), name);
    }
    const added = await cloud.machine('meanwhile', { vpc_id: vpcId });
    assert.ok(!(await spread()).get('m1')?.includes(added.id), 'it is given no new ones');

    assert.deepEqual((await statesDuring('online', '--end')).slice(-2), ['returning', 'online']);
    assert.deepEqual((await spread()).get('m1')?.sort(), [...here].sort());
    await cloud.allActive();
    await cloud.remove(added.id);
    assert.match(operator('drain', 'm4').output, /There is no host m4; there are m1, m2, m3/);
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
    assert.match(cloud.server.command('operator', 'status').output, /^ +m3: offline, \d+ machines; .*No heartbeat/m);
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
