import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { pino } from 'pino';
import { loadConfiguration } from '../../configuration/configuration.ts';
import { systemClock } from '../../foundation/clock.ts';
import { FakeIncus } from '../../testing/fake-incus.ts';
import { type MachineNic, type MachineSpec, PassingFault } from '../engine.ts';
import { isOnlyAbout } from './host-capacity.ts';
import type { IncusInstance } from './incus-api.ts';
import { IncusEngine } from './incus-engine.ts';
import { IncusError } from './incus-error.ts';
import { instanceDefinition, marks } from './instance-definition.ts';
import { instanceName } from './names.ts';
import { NicFilters } from './nic-filters.ts';

/** What the engine says and does while a member of its cluster does not answer. */
const idOf = (number: number) => `0000000${number}-0000-4000-8000-000000000000`;
const [here, away] = [idOf(1), idOf(2)];

const nic = (number: number): MachineNic => ({
  nicId: 0,
  type: 'public',
  address: `203.0.113.${number}`,
  prefix: 24,
  gateway: '203.0.113.254',
  mac: `02:00:cb:00:71:0${number}`,
  network: { id: '203.0.113.0/24', cidr: '203.0.113.0/24' },
  filter: { inbound: { families: [4, 6], rules: [] }, outbound: { families: [], rules: [] } },
});

const specOf = (number: number): MachineSpec => ({
  id: idOf(number),
  name: `vm-${number}`,
  generation: 1,
  cpu: 1,
  ram: 1,
  disk: 10,
  image: 'debian',
  nics: [nic(number)],
  nameServers: [],
  volumes: [],
  sshKeys: [],
});

const instanceOf = (number: number, location: string, status_code = 103) => {
  const spec = specOf(number);
  const { incus } = loadConfiguration({});
  const { config, devices } = instanceDefinition(spec, {
    ...incus,
    isOvn: false,
    type: 'container',
    image: 'debian',
  }) as Pick<IncusInstance, 'config' | 'devices'>;
  return {
    name: instanceName(spec.id),
    location,
    type: 'container' as const,
    status: status_code === 103 ? 'Running' : 'Stopped',
    status_code,
    config: { ...config, ...marks(spec, 'ready') },
    devices,
  };
};

describe('a cluster that a member is lost of', () => {
  let fake: FakeIncus;
  let engine: IncusEngine;
  let isLost = true;
  let power = 103;
  let now = 1_000_000;

  before(async () => {
    fake = await FakeIncus.start();
    fake.isClustered = true;
    fake.script = ({ method, path }) => {
      if (method !== 'GET') return undefined;
      const status = isLost ? 'Offline' : 'Online';
      const member = { server_name: 'm2', status, message: 'No heartbeat', url: 'https://10.0.0.2:8443' };
      if (path === '/1.0/cluster/members/m2') return { metadata: member };
      if (path === '/1.0/cluster/members')
        return { metadata: [{ ...member, server_name: 'm1', status: 'Online', url: 'https://10.0.0.1:8443' }, member] };
      const there = instanceOf(2, 'm2', power);
      const nothing = { config: null, devices: null, type: '', status: 'Error', status_code: 112 };
      const all = [instanceOf(1, 'm1'), isLost ? { ...there, ...nothing } : there];
      if (path === '/1.0/instances') return { metadata: all };
      const found = all.find(({ name }) => path === `/1.0/instances/${name}`);
      if (found === undefined)
        return path.startsWith('/1.0/instances/') ? { status: 404, error: 'Instance not found' } : undefined;
      return found.config === null
        ? { status: 500, error: 'Missing event connection with target cluster member' }
        : { metadata: found };
    };
  });
  beforeEach(() => {
    isLost = true;
    power = 103;
    fake.seen.length = 0;
    engine = new IncusEngine({
      settings: loadConfiguration({
        RAFFIA_INCUS_URL: fake.url,
        RAFFIA_INCUS_FIREWALL: 'cat',
        RAFFIA_INCUS_RAISE_SYSCTLS: 'false',
      }).incus,
      cloudId: 'x',
      imageOf: () => undefined,
      onRecord: async (ids) => ids.map((id) => ({ ...specOf(2), id })),
      clock: { ...systemClock, now: () => now },
      log: pino({ level: 'silent' }),
    });
  });
  after(() => fake.stop());

  const askedFor = (id: string) => fake.seen.filter(({ path }) => path.includes(instanceName(id))).length;

  test('its machines are listed as lost, all others as ever, also where nobody has seen it before', async () => {
    const { told, lost } = await engine.machines.list();
    assert.deepEqual(
      told.map(({ id, power, generation }) => ({ id, power, generation })),
      [{ id: here, power: 'on', generation: 1 }],
    );
    assert.deepEqual(lost, [away]);
    await engine.tidy();
  });

  test('what is asked of them fails at once, to be asked again, and once it is back they are found', async () => {
    await engine.machines.list();
    const verbs: Record<string, () => Promise<unknown>> = {
      inspect: () => engine.machines.inspect(away),
      start: () => engine.machines.start(specOf(2)),
      stop: () => engine.machines.stop(specOf(2), { force: true }),
      apply: () => engine.machines.apply(specOf(2)),
      delete: () => engine.machines.delete(specOf(2)),
      snapshot: () => engine.snapshots.take(specOf(2), 'x'),
      image: () => engine.images.save(specOf(2), 'x'),
      backup: () => engine.backups.export(specOf(2), 'x'),
    };
    let tried = 0;
    for (const [verb, act] of Object.entries(verbs)) {
      await assert.rejects(act(), (error: PassingFault) => {
        assert.ok(error instanceof PassingFault, `${verb}: ${error.stack}`);
        assert.match(error.message, /^A host of this cloud does not answer; what needs it waits until it does$/, verb);
        return true;
      });
      tried++;
    }
    assert.equal(tried, 8);
    // The engine would look for its member for ten seconds each time.
    const asked = fake.seen.filter(({ path }) => path === `/1.0/instances/${instanceName(away)}`);
    assert.deepEqual(asked, []);
    assert.equal((await engine.machines.inspect(here))?.power, 'on');
    isLost = false;
    assert.equal((await engine.machines.inspect(away))?.power, 'on');
    assert.ok(askedFor(away) > 0);
  });

  test('one that is back may have yet to start what ran: that is not off until then', async () => {
    await engine.machines.list();
    isLost = false;
    power = 102;
    const powers = async () => (await engine.machines.list()).told.map(({ power }) => power);
    assert.deepEqual(await powers(), ['on', 'changing']);
    now += 7000;
    assert.deepEqual(await powers(), ['on', 'changing']);
    now += 1000;
    assert.deepEqual(await powers(), ['on', 'off']);
  });
});

describe('what interfaces of lost machines let through', () => {
  const listed = (isLost: boolean) => ({
    told: isLost ? [] : [instanceOf(2, 'm2')],
    lost: isLost ? [{ name: instanceName(away), location: 'm2' }] : [],
  });
  const rules = (filters: NicFilters) => {
    const tables = filters.tables();
    return tables.map(({ maps }) => [...maps.values()].map(({ elements }) => elements.join()).join()).join();
  };
  const take = (filters: NicFilters, isLost: boolean, rows: readonly MachineSpec[]) => {
    filters.take(listed(isLost), rows, performance.now());
    return rules(filters);
  };

  test('is what their rows say where their host never said anything, and the same', () => {
    const seen = take(new NicFilters('raffia'), false, []);
    assert.match(seen, /203\.0\.113\.2 : jump in_/);
    assert.match(seen, /"rfp[0-9a-f]{10}\*" : jump in_/);
    assert.equal(take(new NicFilters('raffia'), true, [specOf(2)]), seen);
  });

  test('goes on to be what their host said last, until it is back', () => {
    const filters = new NicFilters('raffia');
    const seen = take(filters, false, []);
    const { version } = filters;
    assert.equal(take(filters, true, [{ ...specOf(2), nics: [] }]), seen);
    assert.equal(filters.version, version, 'no host is told anything');
    assert.equal(take(filters, false, []), seen);
  });

  test('is nothing once their host says that they are gone', () => {
    const filters = new NicFilters('raffia');
    take(filters, true, [specOf(2)]);
    filters.take({ told: [], lost: [] }, [], performance.now());
    assert.ok(filters.areNone);
  });
});

test('a command is for a member where it names that one, by name or address, and no other', () => {
  const member = (number: number) => ({
    server_name: `m${number}`,
    status: 'Online',
    message: '',
    url: number === 3 ? 'https://[2001:db8::3]:8443' : `https://10.0.0.${number}:8443`,
  });
  const members = [1, 2, 3].map(member);
  const about = (command: string) =>
    members.filter((one) => isOnlyAbout(command, one, members)).map(({ server_name }) => server_name);
  assert.deepEqual(about('nft -f -'), []);
  assert.deepEqual(about('ssh root@m2 nft -f -'), ['m2']);
  assert.deepEqual(about('ssh -o HostName=10.0.0.2 gate nft -f -'), ['m2']);
  assert.deepEqual(about('ssh m2.example.org nft -f -'), ['m2']);
  assert.deepEqual(about('ssh root@2001:db8::3 nft -f -'), ['m3']);
  assert.deepEqual(about('ssh root@m22 nft -f -'), []);
  assert.deepEqual(about('ssh root@10.0.0.22 nft -f -'), []);
  assert.deepEqual(about('ssh -J root@m1 root@m2 nft -f -'), []);
});

test('a member that cannot be reached is known by the engine’s words, whichever way it fails', () => {
  for (const words of [
    'Get "https://10.0.0.2:8443/1.0": dial tcp 10.0.0.2:8443: connect: no route to host',
    'Get "https://10.0.0.2:8443/1.0": dial tcp 10.0.0.2:8443: connect: connection refused',
    'Get "https://10.0.0.2:8443/1.0": net/http: TLS handshake timeout',
    'read tcp 10.0.0.1:3->10.0.0.2:8443: read: connection reset by peer',
    'Missing event connection with target cluster member',
    'peer node 10.0.0.2:8443 is down',
  ])
    assert.equal(new IncusError(words, { status: 500 }).refusal, 'member-lost', words);
});
