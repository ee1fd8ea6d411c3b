// timeout: 10m
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@raffia/server/clock.ts';
import { loadConfiguration } from '@raffia/server/configuration/configuration.ts';
import type { MachineSpec, Progress } from '@raffia/server/engines/engine.ts';
import { IncusEngine } from '@raffia/server/engines/incus/incus-engine.ts';
import { instanceName } from '@raffia/server/engines/incus/names.ts';
import { macOf } from '@raffia/server/resources/vpcs/cidr.ts';
import { type DaemonKind, EngineHost, testImage, whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { until } from '@raffia/server/testing/until.ts';
import { pino } from 'pino';

/** What keeps a host and its machines from each other, attacked: rules taken away, and machines that take all they can. */
const guardSeconds = 1;
const port = 7777;
const gateway = '203.0.113.1';
const log = pino({ level: 'silent' });

let last = 1;

function specOf(changes: Partial<MachineSpec> = {}): MachineSpec {
  const address = `203.0.113.${++last}`;
  return {
    id: randomUUID(),
    generation: 1,
    name: 'guarded',
    cpu: 1,
    ram: 1,
    disk: 1,
    image: 'any',
    nics: [
      {
        type: 'public',
        address,
        prefix: 24,
        gateway,
        mac: macOf(address),
        network: { id: '203.0.113.0/24', cidr: '203.0.113.0/24' },
      },
    ],
    sshKeys: [],
    ...changes,
  };
}

async function reach(verb: () => Promise<Progress>): Promise<void> {
  await until('the goal is reached', async () => (await verb()).done, { withinMs: 60_000, everyMs: 100 });
}

function guards(kind: DaemonKind): void {
  describe(kind, { skip: whyNoDaemon(kind) ?? false }, () => {
    let host: EngineHost;
    let engine: IncusEngine;
    let listener: ChildProcess;
    let spec: MachineSpec;

    before(async () => {
      host = await EngineHost.start(kind);
      engine = new IncusEngine({
        settings: loadConfiguration({ ...host.settings, RAFFIA_INCUS_GUARD_SECONDS: String(guardSeconds) }).incus,
        cloudId: 'guard',
        imageOf: () => testImage,
        clock: systemClock,
        log,
      });
      await engine.prepare();
      spec = specOf();
      await makeAndStart(spec);
      const [program = '', ...args] = [...host.prefix, 'nc', '-lk', '0.0.0.0', String(port)];
      listener = spawn(program, args, { stdio: 'ignore' });
      await until('the host listens', () => reachable('127.0.0.1'));
    });
    after(async () => {
      listener?.kill('SIGKILL');
      await engine?.close();
      await host?.stop();
    });

    const makeAndStart = async (machine: MachineSpec) => {
      await reach(() => engine.ensure(machine));
      await reach(() => engine.start(machine.id));
    };
    const reachable = (address: string) =>
      host.run('nc', '-z', '-w', '1', address, String(port)).then(
        () => true,
        () => false,
      );
    const inside = (machine: MachineSpec, command: string) =>
      host.client('exec', instanceName(machine.id), '--project', 'raffia', '--', 'sh', '-c', command);
    const reachesHost = async (machine = spec) =>
      (await inside(machine, `nc -w 1 ${gateway} ${port} </dev/null >/dev/null 2>&1 && echo yes || echo no`)).trim() ===
      'yes';
    const rules = async () =>
      `${await host.run('nft', 'list table inet raffia')}${await host.run('nft', 'list table bridge raffia')}`;
    const deleteTables = async () => {
      for (const family of ['inet', 'bridge']) await host.run('nft', 'delete', 'table', family, 'raffia');
    };

    test(`${kind}: whoever is told that the host is ready can rely on its rules, also just after they were taken away`, async () => {
      await engine.check();
      assert.equal(await reachesHost(), false);
      await deleteTables();
      // Nothing watches yet: the guest does get through, so that the rest of this file means something.
      assert.equal(await reachesHost(), true);
      await engine.check();
      assert.equal(await reachesHost(), false);
    });

    const removals: [string, () => Promise<unknown>][] = [
      ['their tables are deleted', deleteTables],
      ['a rule of theirs is deleted', () => host.run('nft', 'flush chain inet raffia input')],
      ['nftables is restarted', () => host.run('nft', 'flush ruleset')],
      [
        'the engine is away for two moments, and the rules with it',
        async () => {
          for (let time = 0; time < 2; time++) {
            await host.endDaemon('SIGKILL');
            await deleteTables().catch(() => {});
            await host.startDaemon();
          }
        },
      ],
    ];

    test(`${kind}: rules are back within a period, whatever takes them away`, async () => {
      const unwatch = engine.watch({ changed: () => {}, returned: () => {} });
      const whole = await rules();
      let tried = 0;
      try {
        for (const [what, remove] of removals) {
          await remove();
          const since = performance.now();
          await until(`the rules are back after ${what}`, async () => (await rules().catch(() => '')) === whole, {
            withinMs: guardSeconds * 1000 + 3000,
            everyMs: 50,
          });
          assert.ok(performance.now() - since < guardSeconds * 1000 + 3000);
          await engine.check();
          assert.equal(await reachesHost(), false, what);
          tried++;
        }
      } finally {
        unwatch();
      }
      assert.equal(tried, 4);
    });
  });
}

guards('lxd');
guards('incus');
