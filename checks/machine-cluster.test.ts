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

  describe('while a member is away', () => {
    /** Machines of m3 that one group of security groups closes, and that is told to stop; and one elsewhere with the same group. */
    let [closed, stopping, open] = [] as unknown as [Machine, Machine, Machine];
    let groupId = '';
    let waiting = '';
    const rules = (...ports: number[]) =>
      ports.map((port) => ({ protocol: 'TCP', rule_type: 'INBOUND', range: String(port) }));
    const answers = async ({ publicAddress }: Machine) =>
      (
        await cluster.first.outside('sh', '-c', `nc -w 2 ${publicAddress} 22 </dev/null 2>/dev/null | head -c 3; :`)
      ).trim() === 'SSH';
    /** What the gateway lets through to a machine. */
    const gatewayHas = async ({ publicAddress }: Machine) =>
      (await cluster.first.run('nft', 'list', 'table', 'inet', 'raffia_filters')).includes(`${publicAddress} : `);
    const waits = (id: string, what: RegExp) =>
      until(
        'its owner is told what it waits for',
        async () =>
          (await cloud.unfinished()).some((work) => work.resource_id === id && what.test(work.waiting_for ?? '')),
        { everyMs: 200 },
      );
    const statuses = async () => {
      const { body } = await cloud.call('GET', '/api/v1/vms?limit=100');
      return new Map((body.data as { id: string; status: string }[]).map(({ id, status }) => [id, status]));
    };

    before(async () => {
      const members = await spread();
      const at = (name: string) => machines.filter(({ id }) => members.get(name)?.includes(id));
      [closed, stopping] = at('m3') as [Machine, Machine];
      [open] = at('m2') as [Machine];
      const made = await cloud.call('POST', '/api/v1/security-groups', { name: 'web', rules: rules(80) });
      groupId = made.body.data.id;
      for (const { id } of [closed, open]) {
        const order = { security_group_id: groupId, nic_id: 0 };
        const attached = await cloud.call('POST', `/api/v1/vms/${id}/security-groups`, order);
        assert.equal(attached.status, 200, attached.text);
      }
      await cloud.idle();
      assert.deepEqual([await answers(closed), await answers(open)], [false, false]);
      assert.ok(await answers(stopping));
    });

    test('it is named within 30 s, its machines run on, and those of other members stay', async () => {
      const killed = Date.now();
      await cluster.lose(3);
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
      // They kept their addresses: who talked to them before looks for them anew when the neighbour entry has run out.
      for (const { publicAddress, name } of [
        stopping,
        ...machines.filter(({ id }) => id !== closed.id && id !== open.id).slice(0, 3),
      ])
        assert.equal((await cloud.ssh(publicAddress, 'hostname')).trim(), name);
    });

    test('a server that starts then names it as well, compares all others, and tears down nothing of what it cannot see', async () => {
      const before = [...(await statuses()).values()];
      assert.deepEqual(before, Array(count).fill('active'), 'nothing is taken for stopped');
      await cloud.server.end('SIGKILL');
      // The one before may have found it gone before the engine said so.
      const started = Date.now();
      await cloud.server.start();
      const engine = await readiness();
      assert.deepEqual([engine.status, /^m3 does not answer/.test(engine.message)], ['degraded', true], engine.message);
      // Whatever somebody changes under the engine a comparison mends, and another finds what stopped.
      const api = cluster.first.api('raffia');
      const path = `/1.0/instances/rf-${open.id}`;
      await api.change('PATCH', path, { config: { 'limits.processes': '7' } });
      await until(
        'a comparison mends an instance',
        async () => (await api.get<{ config: Record<string, string> }>(path)).config['limits.processes'] !== '7',
        { everyMs: 200 },
      );
      assert.ok(await gatewayHas(closed), 'the gateway filters what goes to it, as its rows say');
      assert.deepEqual([await answers(closed), await answers(open)], [false, false]);
      assert.ok(await answers(stopping));
      assert.deepEqual([...(await statuses()).values()], before);
      assert.equal(cloud.reasons(started), '', 'no comparison breaks off');
    });

    test('machines elsewhere are made, changed and stopped, and what is asked of its own waits with a sentence', async () => {
      const changed = await cloud.call('PUT', `/api/v1/security-groups/${groupId}`, { rules: rules(80, 22) });
      assert.equal(changed.status, 200, changed.text);
      assert.equal((await cloud.ssh(open.publicAddress, 'hostname')).trim(), open.name);
      await waits(closed.id, /does not answer/);
      assert.equal(await answers(closed), false, 'its own host has not been told');
      assert.equal((await cloud.call('POST', `/api/v1/vms/${stopping.id}/stop`)).status, 200);
      await waits(stopping.id, /does not answer/);

      const added = await cloud.machine('joined', { vpc_id: vpcId });
      assert.equal((await cloud.ssh(added.publicAddress, 'hostname')).trim(), 'joined');
      assert.ok(!(await spread()).get('m3')?.includes(added.id), 'it is on another member');
      await cloud.status(
        (await cloud.call('POST', `/api/v1/vms/${added.id}/stop`)).status === 200 ? added.id : '',
        'passive',
      );
      await cloud.status(
        (await cloud.call('POST', `/api/v1/vms/${added.id}/start`)).status === 200 ? added.id : '',
        'active',
      );

      waiting = await cloud.ask('waiting');
      await waits(waiting, /does not answer/);
      const { output } = cloud.server.command('operator', 'operations');
      assert.match(output, new RegExp(`${waiting}.*waits: .*does not answer`), 'the operator reads it as well');
    });

    test('when it is back all that waited is done, and its machines are compared again', async () => {
      await cluster.bringBack(3);
      await cloud.status(waiting, 'active');
      await cloud.status(stopping.id, 'passive');
      assert.equal((await cloud.ssh(closed.publicAddress, 'hostname')).trim(), closed.name);
      await until('the host is well again', async () => (await readiness()).status === 'ready');
      const api = cluster.first.api('raffia');
      await api.change('PUT', `/1.0/instances/rf-${closed.id}/state`, { action: 'stop', force: true });
      await cloud.status(closed.id, 'passive');
      for (const { id } of [closed, stopping])
        assert.equal((await cloud.call('POST', `/api/v1/vms/${id}/start`)).status, 200);
      await cloud.allActive();
    });
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
