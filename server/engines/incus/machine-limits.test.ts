// timeout: 10m
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { loadConfiguration } from '../../configuration/configuration.ts';
import { macOf } from '../../foundation/cidr.ts';
import { systemClock } from '../../foundation/clock.ts';
import { type DaemonKind, EngineHost, testImage, whyNoDaemon } from '../../testing/engine-host.ts';
import { until } from '../../testing/until.ts';
import { type MachineSpec, type Progress, UnusableHost } from '../engine.ts';
import type { IncusApi, IncusInstance } from './incus-api.ts';
import { IncusEngine } from './incus-engine.ts';
import { instanceName } from './names.ts';

/** What keeps one machine from starving its neighbours, on real hosts. */

const limits = {
  RAFFIA_INCUS_NETWORK_LIMIT_RECEIVE: '80',
  RAFFIA_INCUS_DISK_LIMIT_READ: '50MB',
  RAFFIA_INCUS_DISK_LIMIT_WRITE: '8MB',
};

let addresses = 1;

function specOf(changes: Partial<MachineSpec> = {}): MachineSpec {
  const address = `10.9.0.${++addresses}`;
  return {
    id: randomUUID(),
    generation: 1,
    name: 'machine',
    cpu: 1,
    ram: 1,
    disk: 5,
    image: 'template',
    nics: [
      {
        nicId: 0,
        type: 'vpc',
        address,
        prefix: 24,
        gateway: '10.9.0.1',
        mac: macOf(address),
        network: { id: 'vpc-of-limits', cidr: '10.9.0.0/24' },
      },
    ],
    nameServers: [],
    volumes: [],
    sshKeys: [],
    ...changes,
  };
}

async function reach(verb: () => Promise<Progress>): Promise<void> {
  await until('the goal is reached', async () => (await verb()).done);
}

function keepsNeighbours(kind: DaemonKind): void {
  describe(kind, { skip: whyNoDaemon(kind) ?? false }, () => {
    let host: EngineHost;
    let api: IncusApi;
    const engines: IncusEngine[] = [];

    /** As after a start with other settings: the same host, project and cloud. */
    async function engineWith(settings: Record<string, string>): Promise<IncusEngine> {
      const engine = new IncusEngine({
        settings: loadConfiguration({ ...host.settings, ...settings }).incus,
        cloudId: 'limits',
        imageOf: () => testImage,
        onRecord: async () => [],
        clock: systemClock,
        log: pino({ level: 'silent' }),
      });
      engines.push(engine);
      await engine.prepare();
      return engine;
    }

    before(async () => {
      host = await EngineHost.start(kind);
      api = host.api('raffia');
    });
    after(async () => {
      for (const engine of engines) await engine.close();
      api?.connection.close();
      await host?.stop();
    });

    const find = ({ id }: MachineSpec) => api.get<IncusInstance>(`/1.0/instances/${instanceName(id)}`);
    const inForce = async (spec: MachineSpec) => {
      const { config, devices } = await find(spec);
      return {
        weight: config['limits.cpu.allowance'],
        receive: devices.eth0?.['limits.ingress'],
        both: devices.eth0?.['limits.max'],
        read: devices.root?.['limits.read'],
        write: devices.root?.['limits.write'],
      };
    };
    const run = async (engine: IncusEngine, spec: MachineSpec) => {
      await reach(() => engine.machines.apply(spec, { builds: true }));
      await reach(() => engine.machines.start(spec));
    };
    const remove = (engine: IncusEngine, ...specs: MachineSpec[]) =>
      Promise.all(specs.map((spec) => reach(() => engine.machines.delete(spec))));
    const classesOf = async (spec: MachineSpec) =>
      host.run('tc', 'class', 'show', 'dev', (await find(spec)).devices.eth0?.host_name as string);
    const indexOf = async (spec: MachineSpec) =>
      (await host.run('cat', `/sys/class/net/${(await find(spec)).devices.eth0?.host_name}/ifindex`)).trim();

    test(`${kind}: a machine has its weight and limits from the start, gets them back, and they follow its size and the settings`, async () => {
      const bare = await engineWith({});
      const spec = specOf();
      await run(bare, spec);
      const none = { receive: undefined, both: undefined, read: undefined, write: undefined };
      assert.deepEqual(await inForce(spec), { weight: '10%', ...none });
      const port = await indexOf(spec);
      // Settings are given: machines that are there get them, while they run, and keep their interfaces.
      const engine = await engineWith(limits);
      await engine.tidy();
      const all = { weight: '10%', receive: '80Mbit', both: undefined, read: '50MB', write: '8MB' };
      assert.deepEqual(await inForce(spec), all);
      assert.match(await classesOf(spec), /rate 80Mbit/);
      const made = specOf({ cpu: 2 });
      await run(engine, made);
      assert.deepEqual(await inForce(made), { ...all, weight: '20%' });
      assert.match(await classesOf(made), /rate 80Mbit/);
      // Somebody takes them away, or gives more.
      const { devices } = await find(spec);
      const { 'limits.ingress': _, ...eth0 } = devices.eth0 as Record<string, string>;
      const { 'limits.write': __, ...root } = devices.root as Record<string, string>;
      await api
        .change('PATCH', `/1.0/instances/${instanceName(spec.id)}`, {
          config: { 'limits.cpu.allowance': '', 'user.raffia.wanted': '' },
          devices: { eth0: { ...eth0, 'limits.max': '900Mbit' }, root },
        })
        .catch(async () => {
          // Without act_police the engine takes no limit for both directions.
          await api.change('PATCH', `/1.0/instances/${instanceName(spec.id)}`, {
            config: { 'limits.cpu.allowance': '', 'user.raffia.wanted': '' },
            devices: { eth0, root },
          });
        });
      const without = await inForce(spec);
      assert.deepEqual([without.weight, without.receive, without.write], [undefined, undefined, undefined]);
      await engine.tidy();
      assert.deepEqual(await inForce(spec), all);
      assert.match(await classesOf(spec), /rate 80Mbit/);
      // A larger plan weighs more at once, without a look at the host.
      await reach(() => engine.machines.apply({ ...made, cpu: 4, disk: 6 }));
      assert.deepEqual(await inForce(made), { ...all, weight: '40%' });
      assert.equal((await find(made)).devices.root?.size, '6GiB');
      await bare.tidy();
      assert.deepEqual(await inForce(spec), { weight: '10%', ...none });
      assert.deepEqual(await inForce(made), { weight: '40%', ...none });
      assert.doesNotMatch(await classesOf(spec), /rate/);
      assert.equal(await indexOf(spec), port);
      await remove(bare, spec, made);
    });

    test(`${kind}: two machines that are busy on one processor share it as they have processors`, async () => {
      const engine = await engineWith({});
      const small = specOf();
      const large = specOf({ cpu: 4 });
      await Promise.all([run(engine, small), run(engine, large)]);
      const name = ({ id }: MachineSpec) => `/1.0/instances/${instanceName(id)}`;
      const allowed = await host.run('grep', '-m1', '^Cpus_allowed_list', '/proc/self/status');
      const processor = /\d+/.exec(allowed)?.[0];
      for (const spec of [small, large]) {
        const command = ['sh', '-c', 'while :; do :; done & while :; do :; done & echo ok'];
        const body = { command, interactive: false, 'wait-for-websocket': false, 'record-output': true };
        await api.change('POST', `${name(spec)}/exec`, body);
      }
      // All of both on one processor, whichever the engine gave them.
      for (const spec of [small, large]) {
        const group = await host.controlGroup('raffia', instanceName(spec.id), 'cpuset');
        writeFileSync(join(group, 'cpuset.cpus'), String(processor));
      }
      const used = async (spec: MachineSpec) =>
        (await api.get<{ cpu: { usage: number } }>(`${name(spec)}/state`)).cpu.usage;
      const before = await Promise.all([used(small), used(large)]);
      let [few, many] = [0, 0];
      // On a busy host it takes them longer to come to anything.
      await until(
        'the smaller one has had its share',
        async () => {
          const now = await Promise.all([used(small), used(large)]);
          [few, many] = [now[0] - before[0], now[1] - before[1]];
          return few > 2e8;
        },
        { everyMs: 500 },
      );
      const ratio = many / few;
      assert.ok(ratio > 2.8 && ratio < 5.6, `1 : ${ratio.toFixed(2)}`);
      await remove(engine, small, large);
    });

    test(`${kind}: a machine writes to its disk no faster than its limit`, async () => {
      const spec = specOf();
      const engine = await engineWith(limits);
      await run(engine, spec);
      const write = async (megabytes: number) => {
        const command = ['dd', 'if=/dev/zero', 'of=/root/written', 'bs=1M', `count=${megabytes}`, 'oflag=direct'];
        const body = { command, interactive: false, 'wait-for-websocket': false, 'record-output': true };
        const started = performance.now();
        const { return: code } = await api.change<{ return: number }>(
          'POST',
          `/1.0/instances/${instanceName(spec.id)}/exec`,
          body,
          { timeoutMs: 60_000 },
        );
        assert.equal(code, 0);
        return (performance.now() - started) / 1000;
      };
      const slow = await write(32);
      assert.ok(slow > 3.2, `32 MB within ${slow.toFixed(2)} s, with 8 MB a second`);
      const bare = await engineWith({});
      await bare.tidy();
      const fast = await write(32);
      assert.ok(fast < slow / 2, `${fast.toFixed(2)} s without a limit, ${slow.toFixed(2)} s with one`);
      await remove(engine, spec);
    });

    test(`${kind}: where the host cannot limit what machines send, the server says what to do and makes none; where it can, it does`, async () => {
      const settings = { RAFFIA_INCUS_NETWORK_LIMIT_SEND: '40' };
      const police =
        'tc actions add action police rate 1mbit burst 64k drop index 7001 && tc actions del action police index 7001';
      const canPolice = await host.run('sh', '-c', police).then(
        () => true,
        () => false,
      );
      if (canPolice) {
        const engine = await engineWith(settings);
        const spec = specOf();
        await run(engine, spec);
        assert.equal((await find(spec)).devices.eth0?.['limits.egress'], '40Mbit');
        await remove(engine, spec);
        return;
      }
      const sentence =
        /The host cannot limit what machines send \(.*TC action.*\): give its kernel act_police.*, or take RAFFIA_INCUS_NETWORK_LIMIT_SEND away\.$/;
      await assert.rejects(engineWith(settings), (error: Error) => {
        assert.ok(error instanceof UnusableHost);
        assert.match(error.message, sentence);
        return true;
      });
      const engine = engines.at(-1) as IncusEngine;
      await assert.rejects(engine.check(), sentence);
      const spec = specOf();
      await assert.rejects(engine.machines.apply(spec, { builds: true }), /host of the machines is not ready/);
      assert.equal((await (await engineWith({})).machines.list()).told.length, 0);
      assert.doesNotMatch(await host.run('ip', '-o', 'link'), /rfl/);
    });
  });
}

keepsNeighbours('lxd');
keepsNeighbours('incus');
