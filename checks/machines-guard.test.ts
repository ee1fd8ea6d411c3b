// timeout: 10m
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import type { FilterDirection, FilterRule } from '@raffia/contract/nic-filter.ts';
import { loadConfiguration } from '@raffia/server/configuration/configuration.ts';
import { EngineError, type MachineSpec, PassingFault, type Progress } from '@raffia/server/engines/engine.ts';
import { filterTables } from '@raffia/server/engines/incus/filter-tables.ts';
import { firewallTables } from '@raffia/server/engines/incus/firewall.ts';
import { IncusEngine } from '@raffia/server/engines/incus/incus-engine.ts';
import { gatewayName, instanceName, networkName, portName } from '@raffia/server/engines/incus/names.ts';
import { macOf } from '@raffia/server/foundation/cidr.ts';
import { systemClock } from '@raffia/server/foundation/clock.ts';
import { type DaemonKind, EngineHost, testImage, testPool, whyNoDaemon } from '@raffia/server/testing/engine-host.ts';
import { inotifyProgram, keysProgram } from '@raffia/server/testing/guest-programs.ts';
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
        nicId: 0,
        type: 'public',
        address,
        prefix: 24,
        gateway,
        mac: macOf(address),
        network: { id: '203.0.113.0/24', cidr: '203.0.113.0/24' },
      },
    ],
    nameServers: [],
    volumes: [],
    sshKeys: [],
    ...changes,
  };
}

/** Asks until the goal is reached, as the worker does: what may pass is asked again. */
async function reach(verb: () => Promise<Progress>): Promise<void> {
  let last: unknown;
  await until(
    'the goal is reached',
    async () => {
      const progress = await verb().catch((error) => {
        if (!(error instanceof PassingFault)) throw error;
        last = error;
        return undefined;
      });
      return progress?.done;
    },
    { everyMs: 100 },
  ).catch((error) => {
    throw error instanceof EngineError ? error : new Error((error as Error).message, { cause: last });
  });
}

function engineOf(host: EngineHost): IncusEngine {
  return new IncusEngine({
    settings: loadConfiguration({ ...host.settings, RAFFIA_INCUS_GUARD_SECONDS: String(guardSeconds) }).incus,
    cloudId: 'guard',
    imageOf: () => testImage,
    onRecord: async () => [],
    clock: systemClock,
    log,
  });
}

const nothing: FilterDirection = { families: [4, 6], rules: [] };
const all: FilterDirection = { families: [4, 6], rules: [{ protocol: 'ALL', ports: [], cidr: null, icmpType: null }] };

/** The machine with a filter on each of its interfaces. */
function filtered(machine: MachineSpec, inbound: FilterDirection, outbound: FilterDirection): MachineSpec {
  return { ...machine, nics: machine.nics.map((nic) => ({ ...nic, filter: { inbound, outbound } })) };
}

const connects = (ask: () => Promise<string>) =>
  ask().then(
    () => true,
    () => false,
  );

/** Puts a program into a guest. */
function put(program: string): string {
  return `echo ${program} | base64 -d >/tmp/takes && chmod 755 /tmp/takes`;
}

function guards(kind: DaemonKind): void {
  describe(kind, { skip: whyNoDaemon(kind) ?? false, concurrency: 1 }, () => {
    let host: EngineHost;
    let engine: IncusEngine;
    let listener: ChildProcess;
    let spec: MachineSpec;

    before(async () => {
      host = await EngineHost.start(kind);
      engine = engineOf(host);
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

    const made: MachineSpec[] = [];
    // What a test leaves that failed would be the next one's failure.
    afterEach(async () => {
      const left = made.filter((machine) => machine !== spec);
      await Promise.all(left.map((machine) => reach(() => engine.machines.delete(machine))));
      made.length = 0;
    });

    /** As the reconciler, which asks again. */
    const tidy = () => reach(() => engine.tidy().then(() => ({ done: true })));
    const makeAndStart = async (machine: MachineSpec) => {
      made.push(machine);
      await reach(() => engine.machines.apply(machine, { builds: true }));
      await reach(() => engine.machines.start(machine));
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
    const tables = [...firewallTables, ...filterTables];
    const rules = async () => {
      const lists = await Promise.all(tables.map((table) => host.run('nft', `list table ${table}`)));
      return lists.join('');
    };
    const deleteTables = async () => {
      for (const table of tables) await host.run('nft', `delete table ${table}`);
    };
    /** A machine that nobody may reach, and that may reach nobody. */
    const shut = (machine: MachineSpec): MachineSpec => filtered(machine, nothing, nothing);
    const hearsHost = ({ nics: [nic] }: MachineSpec, port = 22) =>
      connects(() => host.run('nc', '-z', '-w', '1', nic?.address ?? '', `${port}`));
    const hearsOutside = ({ nics: [nic] }: MachineSpec, port = 22) =>
      connects(() => host.outside('nc', '-z', '-w', '1', nic?.address ?? '', `${port}`));

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
      ['the filters of interfaces are deleted', () => host.run('nft', 'delete table bridge raffia_filters')],
      ['a chain of the filters is emptied', () => host.run('nft', 'flush chain inet raffia_filters prerouting')],
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

    test(`${kind}: rules come back by themselves, whatever takes them away`, async () => {
      const unwatch = engine.watch({ changed: () => {}, returned: () => {} });
      const closed = shut(specOf());
      await makeAndStart(closed);
      const whole = await rules();
      const took: string[] = [];
      try {
        for (const [what, remove] of removals) {
          await remove();
          const since = performance.now();
          await until(`the rules are back after ${what}`, async () => (await rules().catch(() => '')) === whole, {
            everyMs: 200,
          });
          took.push(`${((performance.now() - since) / 1000).toFixed(1)} s after ${what}`);
          await engine.check();
          assert.equal(await reachesHost(), false, what);
          assert.equal(await hearsHost(closed), false, what);
          assert.equal(await hearsHost(spec), true, what);
        }
      } finally {
        unwatch();
      }
      process.stdout.write(`${kind}: rules were back ${took.join(', ')} (looked at every ${guardSeconds} s)\n`);
      assert.equal(took.length, 6);
      await reach(() => engine.machines.delete(closed));
    });

    test(`${kind}: whoever comes after an engine that is gone finds the filters, and has them back where they are lost`, async () => {
      const closed = shut(specOf());
      await makeAndStart(closed);
      assert.equal(await hearsHost(closed), false);
      await deleteTables();
      assert.equal(await hearsHost(closed), true, 'without rules it is open, so that what follows means something');
      const next = engineOf(host);
      await next.prepare();
      assert.match(await next.check(), /containers/);
      assert.equal(await hearsHost(closed), false);
      await next.close();
      await reach(() => engine.machines.delete(closed));
    });

    test(`${kind}: a public interface lets through what its filter names, from the host and from beyond it, and back again`, async () => {
      const machine = specOf();
      await makeAndStart(machine);
      await until('it answers', () => hearsOutside(machine));
      const outside = { address: '198.51.100.2', prefix: 32, family: 4 } as const;
      const ssh: FilterRule = { protocol: 'TCP', ports: [{ first: 22, last: 22 }], cidr: outside, icmpType: null };
      const only = (...rules: FilterRule[]): FilterDirection => ({ families: [4, 6], rules });
      await reach(() => engine.machines.apply(filtered(machine, only(ssh), nothing)));
      assert.equal(await hearsOutside(machine), true);
      assert.equal(await hearsHost(machine), false);
      // Whoever was turned away leaves no connection behind, to which the machine could reply.
      await Promise.allSettled([
        host.outside('nc', '-z', '-p', '6000', '-w', '1', machine.nics[0]?.address ?? '', '5000'),
        host.run('nc', '-z', '-p', '6001', '-w', '1', machine.nics[0]?.address ?? '', '5001'),
      ]);
      const connections = await host.run('cat', '/proc/net/nf_conntrack');
      assert.match(connections, /sport=\d+ dport=22 /, 'who was let in is remembered');
      assert.doesNotMatch(connections, /dport=500[01] /);
      const asks: FilterRule = { protocol: 'TCP', ports: [{ first: 7000, last: 7001 }], cidr: outside, icmpType: null };
      const [program = '', ...args] = ['ip', 'netns', 'exec', host.outsideNamespace, 'nc', '-lk', '0.0.0.0', '7000'];
      const beyond = spawn(program, args, { stdio: 'ignore' });
      const speaks = async () =>
        (
          await inside(machine, 'nc -w 1 198.51.100.2 7000 </dev/null >/dev/null 2>&1 && echo yes || echo no')
        ).trim() === 'yes';
      try {
        assert.equal(await speaks(), false);
        await reach(() => engine.machines.apply(filtered(machine, only(ssh), only(asks))));
        await until('it speaks', speaks);
      } finally {
        beyond.kill('SIGKILL');
      }
      await reach(() => engine.machines.delete(machine));
    });

    test(`${kind}: an address of IPv6 is reached from beyond the host, as its filter says, and reaches neither the host nor blocked ranges`, async (t) => {
      const plain = specOf();
      const block = '2001:db8:77::/64';
      const nic = {
        nicId: 1,
        type: 'ipv6',
        address: '2001:db8:77::5',
        prefix: 64,
        gateway: '2001:db8:77::1',
        mac: macOf('2001:db8:77::5'),
        network: { id: block, cidr: block },
      } as const;
      const machine = { ...plain, nics: [...plain.nics, nic] };
      const bridge = networkName('raffia', nic.network);
      const listen = (...prefix: string[]) => {
        const [program = '', ...args] = [...prefix, 'nc', '-6', '-lk', '::', '7006'];
        const child = spawn(program, args, { stdio: 'ignore' });
        t.after(() => child.kill('SIGKILL'));
      };
      const setting = async (of: string) => (await host.run('cat', `/proc/sys/net/ipv6/conf/${of}`)).trim();
      listen(...host.prefix);
      listen('ip', 'netns', 'exec', host.outsideNamespace);
      await host.outside('ip', 'addr', 'add', 'fd00:77::9/128', 'dev', 'eth0', 'nodad');
      assert.equal(await setting('eth0/accept_ra'), '1', 'a host that takes its way out from advertisements');
      await makeAndStart(machine);
      const heard = () => connects(() => host.outside('nc', '-6', '-z', '-w', '1', nic.address, '22'));
      const speaks = async (to: string) =>
        (
          await inside(machine, `timeout 2 nc -w 1 ${to} 7006 </dev/null >/dev/null 2>&1 && echo yes || echo no`)
        ).trim() === 'yes';
      await until('it is heard beyond the host', heard);
      await until('it speaks', () => speaks('2001:db8:ff::2'));
      assert.equal(await setting('eth0/accept_ra'), '2', 'it goes on taking it although it routes');
      assert.equal(await setting(`${gatewayName(bridge)}/accept_ra`), '0', 'and nothing from machines');
      const own = await inside(machine, 'ip -6 addr show dev eth1 | grep inet6');
      assert.deepEqual(
        [...own.matchAll(/inet6 (\S+)/g)].map(([, address]) => address?.replace(/^fe80::.*/, 'local')).sort(),
        [`${nic.address}/64`, 'local'],
      );
      const unwelcome = () => Promise.all([nic.gateway, '2001:db8:ff::1', 'fd00:77::9'].map(speaks));
      assert.deepEqual(await unwelcome(), [false, false, false]);
      await deleteTables();
      assert.deepEqual(await unwelcome(), [true, true, true], 'without rules, so that this means something');
      await engine.check();
      assert.deepEqual(await unwelcome(), [false, false, false]);
      const closed = { ...nic, filter: { inbound: { ...nothing, families: [6] }, outbound: all } } as const;
      await reach(() => engine.machines.apply({ ...plain, nics: [...plain.nics, closed] }));
      assert.equal(await heard(), false);
      assert.equal(await hearsOutside(plain), true, 'its other family is not filtered');
      assert.equal(await speaks('2001:db8:ff::2'), true, 'what it begins is answered');
      await reach(() => engine.machines.apply(machine));
      assert.equal(await heard(), true);
      // As after the boot of a host.
      await host.run('ip', 'link', 'delete', gatewayName(bridge));
      assert.equal(await heard(), false);
      await tidy();
      await until('it is heard again', heard);
      await reach(() => engine.machines.delete(machine));
    });

    test(`${kind}: some ports of public interfaces are closed whatever their filter says, and those beside them are not`, async () => {
      const machine = filtered(specOf(), all, all);
      await makeAndStart(machine);
      await inside(machine, 'dropbear -R -p 134 -p 135 -p 445 -p 446 >/dev/null 2>&1');
      await until('it listens', () => hearsHost(machine, 134));
      const heard = async (port: number) => [await hearsHost(machine, port), await hearsOutside(machine, port)];
      assert.deepEqual(await Promise.all([134, 135, 445, 446].map(heard)), [
        [true, true],
        [false, false],
        [false, false],
        [true, true],
      ]);
      await reach(() => engine.machines.delete(machine));
    });

    test(`${kind}: machines of two VPCs that have the same addresses do not share their connections`, async () => {
      const inVpc = (vpc: string, last: number): MachineSpec => {
        const [address, network] = [`10.77.0.${last}`, { id: vpc, cidr: '10.77.0.0/24' }];
        const nic = { nicId: 0, type: 'vpc', prefix: 24, gateway: '10.77.0.1', mac: macOf(address) } as const;
        return filtered(specOf({ nics: [{ ...nic, address, network }] }), all, all);
      };
      const machines = ['one', 'another'].flatMap((vpc) => [inVpc(vpc, 2), inVpc(vpc, 3)]);
      await Promise.all(machines.map(makeAndStart));
      const zones: string[] = [];
      for (const asking of [machines[0], machines[2]] as MachineSpec[]) {
        await until('it is answered', async () => {
          const said = await inside(asking, 'timeout 2 nc -w 1 10.77.0.3 22 </dev/null | head -c 3').catch(() => '');
          return said === 'SSH';
        });
      }
      for (const line of (await host.run('cat', '/proc/net/nf_conntrack')).split('\n')) {
        if (line.includes('src=10.77.0.2 dst=10.77.0.3 ')) zones.push(/ zone=(\d+)/.exec(line)?.[1] ?? 'none');
      }
      assert.equal(new Set(zones).size, 2, zones.join());
      assert.ok(!zones.includes('none'), zones.join());
      await Promise.all(machines.map((machine) => reach(() => engine.machines.delete(machine))));
    });

    test(`${kind}: what somebody changes about a machine is changed back: a limit, an interface, a name; a frozen one counts as off`, async () => {
      const machine = specOf();
      await makeAndStart(machine);
      const api = host.api('raffia');
      const path = `/1.0/instances/${instanceName(machine.id)}`;
      const { devices } = await api.get<{ devices: Record<string, object> }>(path);
      await api.change('PATCH', path, { config: { 'limits.memory': '64GiB' } });
      await host.client('config', 'device', 'remove', instanceName(machine.id), 'eth0', '--project', 'raffia');
      await until(
        'the machine is as it was told to be',
        async () => {
          await tidy();
          const now = await api.get<{ config: Record<string, string>; devices: Record<string, object> }>(path);
          return now.config['limits.memory'] === '1GiB' && JSON.stringify(now.devices) === JSON.stringify(devices);
        },
        { everyMs: 200 },
      );
      await api.change('PUT', `${path}/state`, { action: 'freeze' });
      assert.equal((await engine.machines.inspect(machine.id))?.power, 'off');
      await reach(() => engine.machines.start(machine));
      assert.equal((await engine.machines.inspect(machine.id))?.power, 'on');
      await reach(() => engine.machines.stop(machine, { force: true }));
      await api.change('POST', path, { name: 'renamed' });
      await tidy();
      assert.equal((await engine.machines.inspect(machine.id))?.power, 'off');
      await reach(() => engine.machines.delete(machine));
    });

    test(`${kind}: a bridge that somebody deleted is made anew, by itself and for whoever starts a machine on it`, async () => {
      const machine = specOf();
      await makeAndStart(machine);
      await reach(() => engine.machines.stop(machine, { force: true }));
      const { devices } = await host
        .api('raffia')
        .get<{ devices: Record<string, { network: string }> }>(`/1.0/instances/${instanceName(machine.id)}`);
      const bridge = devices.eth0?.network ?? '';
      await host.run('ip', 'link', 'delete', bridge);
      await reach(() => engine.machines.start(machine));
      await answers(machine);
      // Until they are started again those that ran have no network, and the operator is told so.
      const isSaid = async () => {
        await tidy();
        const said = await engine.check().catch((error: Error) => error.message);
        return [machine, spec].map(({ id }) => said.includes(instanceName(id)));
      };
      assert.deepEqual(await isSaid(), [false, true]);
      await host.run('ip', 'link', 'delete', bridge);
      assert.deepEqual(await isSaid(), [true, true]);
      await host.run('ip', 'link', 'show', bridge);
      await reach(() => engine.machines.stop(machine, { force: true }));
      assert.deepEqual(await isSaid(), [false, true]);
      await Promise.all(
        [machine, spec].map(async (one) => {
          await reach(() => engine.machines.stop(one, { force: true }));
          await reach(() => engine.machines.start(one));
          await answers(one);
        }),
      );
      assert.match(await engine.check(), /containers/);
      await reach(() => engine.machines.delete(machine));
    });

    test(`${kind}: what a failed start left of an interface is removed, and what others use stays`, async () => {
      const leftovers = ['rfp0123456789', 'rfv0123456789'];
      for (const name of leftovers) await host.run('ip', 'link', 'add', name, 'type', 'veth');
      // Another cloud's machine on this host, and an interface that is nobody's business.
      const others = host.api('default');
      const otherPort = 'rfv00000000aa';
      await others.change('POST', '/1.0/instances', {
        name: 'other',
        source: { type: 'none' },
        devices: {
          root: { type: 'disk', path: '/', pool: testPool },
          eth0: { type: 'nic', nictype: 'p2p', name: 'eth0', host_name: otherPort },
        },
      });
      for (const name of [otherPort, 'rfvmine']) await host.run('ip', 'link', 'add', name, 'type', 'veth');
      const ports = async () =>
        (await host.run('ls', '/sys/class/net')).split('\n').filter((name) => /^rf[pv]/.test(name));
      const before = await ports();
      await tidy();
      assert.deepEqual(
        await ports(),
        before.filter((name) => !leftovers.includes(name)),
      );
      assert.ok(before.length >= 5);
      await answers(spec);
      for (const name of [otherPort, 'rfvmine']) await host.run('ip', 'link', 'delete', name);
      await others.remove('/1.0/instances/other');
    });

    test(`${kind}: interfaces that an engine left half plugged as it was killed are brought to their end`, async () => {
      const machine = specOf();
      const vpc = { id: 'half-plugged', cidr: '10.66.0.0/24' };
      const more = {
        nicId: 1,
        type: 'vpc',
        address: '10.66.0.2',
        prefix: 24,
        gateway: '10.66.0.1',
        mac: macOf('10.66.0.2'),
        network: vpc,
      } as const;
      const wider = { ...machine, nics: [...machine.nics, more] };
      const isSetUp = async () => (await inside(machine, 'ip addr show dev eth1')).includes('10.66.0.2/24');
      await makeAndStart(machine);
      const api = host.api('raffia');
      const path = `/1.0/instances/${instanceName(machine.id)}`;
      const { pid } = await api.get<{ pid: number }>(`${path}/state`);
      // Plugged and not written down.
      const port = portName(machine.id, more);
      await host.run('ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', String(pid));
      await reach(() => engine.machines.apply(wider));
      assert.equal(await isSetUp(), true);
      // Written down and not plugged: its guest has not been told, and has no such interface.
      await inside(machine, 'ip link delete eth1');
      await api.change('PATCH', path, { config: { 'user.raffia.untold': 'eth1' } });
      await reach(() => engine.machines.apply(wider));
      assert.equal(await isSetUp(), true);
      // Unplugged and not written down.
      await inside(machine, 'ip link delete eth1');
      await reach(() => engine.machines.apply(machine));
      await tidy();
      const { devices } = await api.get<{ devices: Record<string, { host_name: string }> }>(path);
      assert.deepEqual(Object.keys(devices).sort(), ['eth0', 'root']);
      const left = (await host.run('ls', '/sys/class/net')).split('\n').filter((name) => name.startsWith('rfv'));
      assert.deepEqual(left, []);
      await answers(machine);
      await reach(() => engine.machines.delete(machine));
    });

    test(`${kind}: a file that a guest made enormous is read no further than a MiB, and the password fails for good`, async () => {
      await inside(
        spec,
        'cp /etc/shadow /root/shadow; dd if=/dev/zero of=/etc/shadow bs=1 count=0 seek=1500M 2>/dev/null',
      );
      const before = process.memoryUsage().rss;
      let most = 0;
      const timer = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss - before);
      }, 20);
      await assert.rejects(
        engine.machines.setPassword(spec, 'ABcdefgh12345!'),
        (error: Error) =>
          error instanceof EngineError && !(error instanceof PassingFault) && /longer than 1 MiB/.test(error.message),
      );
      clearInterval(timer);
      assert.ok(most < 100e6, `${most} bytes more`);
      await inside(spec, 'mv /root/shadow /etc/shadow');
      await reach(() => engine.machines.setPassword(spec, 'ABcdefgh12345!'));
    });

    /** A machine answers as it does to its owner, on the port of its sshd. */
    const answers = (machine: MachineSpec) =>
      until(
        `${machine.nics[0]?.address} answers`,
        () =>
          host.run('sh', '-c', `nc -w 1 ${machine.nics[0]?.address} 22 </dev/null | head -c 3`).then(
            (said) => said === 'SSH',
            () => false,
          ),
        { everyMs: 50 },
      );
    /** What somebody else on the host does all day: his machine restarts, another is made, both answer and have what guests need. */
    const othersGoOn = async (neighbour: MachineSpec) => {
      await answers(neighbour);
      await reach(() => engine.machines.stop(neighbour, { force: true }));
      const another = specOf();
      await Promise.all([reach(() => engine.machines.start(neighbour)), makeAndStart(another)]);
      await Promise.all(
        [neighbour, another].map(async (machine) => {
          await answers(machine);
          await inside(machine, `${put(inotifyProgram(1, false))} && /tmp/takes`);
          await inside(machine, `${put(keysProgram(false))} && /tmp/takes`);
        }),
      );
      await reach(() => engine.machines.delete(another));
    };

    /** A line of /proc/key-users where as many count as may. */
    const allKeys = / ([0-9]+)\/\1 +[0-9]+\/[0-9]+$/m;
    const attacks: [string, string, RegExp][] = [
      // Many times as many as all containers together have of a kernel as it comes.
      [
        'inotify instances',
        `${put(inotifyProgram(900, true))}; for i in 1 2 3; do /tmp/takes </dev/null >/dev/null 2>&1 & done; sleep 0.5; ls -d /proc/$!/fd/* | wc -l`,
        /^9\d\d$/m,
      ],
      // All that the kernel lets one user have: with one range of users for all machines, all that they have together.
      [
        'keys',
        `${put(keysProgram(true))}; /tmp/takes </dev/null >/dev/null 2>&1 &
        i=0; until grep -Eq '${allKeys.source}' /proc/key-users || [ $i = 50 ]; do i=$((i+1)); sleep 0.1; done; cat /proc/key-users`,
        allKeys,
      ],
      [
        'all processes',
        'i=0; while [ $i -lt 1200 ]; do i=$((i+1)); sleep 600 </dev/null >/dev/null 2>&1 & done; echo as many as wanted',
        /^$/,
      ],
      [
        'all memory',
        'dd if=/dev/zero of=/dev/null bs=1500M count=1 2>/dev/null; echo dd ended with $?',
        /ended with 137/,
      ],
    ];

    test(`${kind}: while one machine takes all it can get, another one restarts, a new one is made, and both answer`, async () => {
      const attacker = specOf();
      const neighbour = specOf();
      await Promise.all([makeAndStart(attacker), makeAndStart(neighbour)]);
      let made = 0;
      const path = `/1.0/instances/${instanceName(attacker.id)}`;
      const { config } = await host.api('raffia').get<{ config: Record<string, string> }>(path);
      assert.equal(config['limits.processes'], '8192');
      // Fewer do as well, and sooner.
      await host.api('raffia').change('PATCH', path, { config: { 'limits.processes': '1000' } });
      for (const [what, command, outcome] of attacks) {
        assert.match(await inside(attacker, command).catch(() => ''), outcome, what);
        if (what === 'all processes') {
          const { processes } = await host.api('raffia').get<{ processes: number }>(`${path}/state`);
          assert.ok(processes > 900 && processes <= 1000, `${processes} processes`);
        }
        await othersGoOn(neighbour);
        await engine.check();
        await reach(() => engine.machines.stop(attacker, { force: true }));
        await reach(() => engine.machines.start(attacker));
        made++;
      }
      assert.equal(made, 4);
      await Promise.all([attacker, neighbour].map((machine) => reach(() => engine.machines.delete(machine))));
    });

    test(`${kind}: machines made at once have ranges of users of their own`, async () => {
      const machines = Array.from({ length: 6 }, () => specOf());
      await Promise.all(machines.map(makeAndStart));
      const maps = await Promise.all(machines.map((machine) => inside(machine, 'cat /proc/self/uid_map')));
      const ranges = maps.map((map) => map.trim().split(/\s+/).map(Number));
      assert.ok(
        ranges.every(([, , size]) => size === 65_536),
        maps.join(),
      );
      assert.equal(new Set(ranges.map(([, first]) => first)).size, 6, maps.join());
      await Promise.all(machines.map((machine) => reach(() => engine.machines.delete(machine))));
    });

    test(`${kind}: a creation that an end of the engine cut off before it had users keeps no later machine from starting`, async () => {
      const half = specOf();
      const api = host.api('raffia');
      const source = { type: 'image', alias: testImage };
      const devices = { root: { type: 'disk', path: '/', pool: testPool } };
      const config = { 'security.idmap.isolated': 'true', 'user.raffia.id': half.id, 'user.raffia.state': 'creating' };
      const path = `/1.0/instances/${instanceName(half.id)}`;
      await api.change('POST', '/1.0/instances', {
        name: instanceName(half.id),
        profiles: [],
        config,
        source,
        devices,
      });
      await api.change('PATCH', path, { config: { 'volatile.idmap.base': '' } });
      const returned = Promise.withResolvers<void>();
      const unwatch = engine.watch({ returned: returned.resolve, changed: () => {} });
      try {
        await returned.promise;
        const machines = [specOf(), specOf(), half];
        await Promise.all(machines.map(makeAndStart));
        assert.ok(
          ((await api.get<{ config: Record<string, string> }>(path)).config['volatile.idmap.base'] ?? '') !== '',
        );
        await Promise.all(machines.map((machine) => reach(() => engine.machines.delete(machine))));
      } finally {
        unwatch();
      }
    });

    test(`${kind}: a machine with a full disk still starts once, says then that it is full, and starts when its disk was made larger`, async () => {
      const full = specOf();
      const neighbour = specOf();
      await Promise.all([makeAndStart(full), makeAndStart(neighbour)]);
      const fill = () => inside(full, 'dd if=/dev/zero of=/root/$(cat /proc/uptime | cut -d" " -f1) bs=1M; sync; true');
      await fill();
      await othersGoOn(neighbour);
      await reach(() => engine.machines.stop(full, { force: true }));
      await reach(() => engine.machines.start(full));
      await answers(full);
      await fill();
      await reach(() => engine.machines.stop(full, { force: true }));
      await assert.rejects(
        reach(() => engine.machines.start(full)),
        /The disk of this VM is full; make it larger/,
      );
      await reach(() => engine.machines.apply({ ...full, disk: 2 }));
      await reach(() => engine.machines.start(full));
      await answers(full);
      await inside(full, 'dd if=/dev/zero of=/root/more bs=1M count=100 && sync');
      await Promise.all([full, neighbour].map((machine) => reach(() => engine.machines.delete(machine))));
    });
  });
}

// Each waits more than it works: side by side they take little longer than one.
describe('side by side', { concurrency: 2 }, () => {
  guards('lxd');
  guards('incus');
});
