import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type FakeAnswer, FakeIncus, type FakeRequest } from '../testing/fake-incus.ts';
import { TestServer } from '../testing/test-server.ts';

/** A cluster of three, each member with 4 processors, 16 GB of RAM and a pool of 100 GB, that says what a test wants. */
let fake: FakeIncus;
let server: TestServer;
const gib = 2 ** 30;
const idOf = (number: number) => `0000000${number}-0000-4000-8000-000000000000`;

/** What the cluster is. */
let members: Record<string, string>;
let instances: object[];
let operations: object[];
let elsewhere: object[];
let answer: FakeAnswer;

before(async () => {
  fake = await FakeIncus.start();
  fake.isClustered = true;
  reset();
  fake.script = say;
  server = await TestServer.start(
    {
      RAFFIA_ENGINE: 'incus',
      RAFFIA_INCUS_URL: fake.url,
      RAFFIA_INCUS_FIREWALL: 'cat',
      RAFFIA_INCUS_RAISE_SYSCTLS: 'false',
      RAFFIA_INCUS_OVERCOMMIT_CPU: '2',
    },
    { works: false },
  );
});
after(async () => {
  await server.stop();
  await fake.stop();
});
beforeEach(reset);

function reset(): void {
  members = { m1: 'Online', m2: 'Online', m3: 'Online' };
  instances = [
    instance(1, 'm1', { name: 'other' }),
    instance(2, 'm2', { name: 'runs' }),
    instance(3, 'm2', { name: 'rests', isOff: true }),
    instance(4, 'm2', { name: 'bound', volume: true }),
  ];
  operations = [];
  elsewhere = [];
  answer = { operation: {} };
  fake.seen.length = 0;
}

function instance(number: number, location: string, more: { name: string; isOff?: boolean; volume?: boolean }): object {
  const source = `raffia-volume-${idOf(9)}`;
  return {
    name: `rf-${idOf(number)}`,
    location,
    project: 'raffia',
    type: 'container',
    status_code: more.isOff === true ? 102 : 103,
    config: {
      'limits.cpu': '2',
      'limits.memory': '4GiB',
      'user.raffia.known': JSON.stringify({ name: more.name, image: 'x', nics: [], nameServers: [] }),
    },
    devices: {
      root: { type: 'disk', path: '/', size: '50GiB' },
      ...(more.volume === true ? { 'volume-1': { type: 'disk', pool: 'default', source, path: '/mnt/volume-1' } } : {}),
    },
  };
}

function say({ method, path, query, body }: FakeRequest): FakeAnswer | undefined {
  if (method === 'POST' && path.startsWith('/1.0/cluster/members/')) {
    const name = path.split('/')[4] as string;
    if ('operation' in (answer as object) && (answer as { operation: { err?: string } }).operation.err === undefined)
      members[name] = body.action === 'evacuate' ? 'Evacuated' : 'Online';
    return answer;
  }
  if (method !== 'GET') return undefined;
  if (path === '/1.0/cluster/members') {
    const all = Object.entries(members);
    return { metadata: all.map(([server_name, status]) => ({ server_name, status, message: `is ${status}` })) };
  }
  if (path === '/1.0/operations') return { metadata: { running: operations } };
  if (path === '/1.0/instances') {
    const all = query.get('all-projects') === 'true' ? [...instances, ...elsewhere] : instances;
    return { metadata: query.get('recursion') === '1' ? all : [] };
  }
  if (path.endsWith('/volumes/custom')) return { metadata: [] };
  if (path === '/1.0/resources') return { metadata: { cpu: { total: 4 }, memory: { total: 16 * gib } } };
  if (path.endsWith('/resources')) return { metadata: { space: { used: 0, total: 100 * gib } } };
  return undefined;
}

const drain = (...words: string[]) => server.operator('drain', ...words);
/** What members were told to do. */
const told = () =>
  fake.seen
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/state'))
    .map(({ path, body }) => `${path.split('/')[4]} ${body.action}`);
const room = async () => (await server.server.operator.engine.hosts.list()).map(({ offers }) => offers?.cpu);

test('what becomes of each machine is said before, and nothing is done until somebody agrees', async () => {
  await assert.rejects(drain('m2'), (error: Error) => {
    assert.equal(
      error.message,
      [
        'm2 takes no new machines from now on, until it is brought back with --end.',
        'Moved to other hosts: 2; those that run are shut down, and started again there; the copy of a disk takes as long as it is large',
        `  ${idOf(2)}  runs, runs`,
        `  ${idOf(3)}  rests, is off`,
        'They are 4 vCPU, 8 GB of RAM, 100 GB of disk; the other hosts have room for 14 vCPU, 26 GB of RAM, 150 GB of disk.',
        'Off, and where they are, until it is brought back: 1; those that run are shut down',
        `  ${idOf(4)}  bound, runs: its volumes are on this host alone`,
        'Nothing was done yet: say --yes to do so.',
      ].join('\n'),
    );
    return true;
  });
  assert.deepEqual(told(), []);
  elsewhere = [{ location: 'm3', project: 'default' }];
  await assert.rejects(drain('m3'), /What else the engine has there \(1 of other projects\) is treated alike/);
  assert.deepEqual(told(), []);
  elsewhere = [];
  instances = [instance(3, 'm2', { name: 'rests', isOff: true })];
  assert.match(await drain('m2'), /Moved to other hosts: 1;[\s\S]*m2 is drained/, 'nothing is shut down');
  assert.deepEqual(told(), ['m2 evacuate']);
});

test('a host that is drained offers nothing until it is brought back, and each step is told', async () => {
  const { services } = server.server;
  const started = await drain('m2', '--yes');
  assert.match(started, /m2 is drained\. Still on it, and off:\n/);
  assert.deepEqual(told(), ['m2 evacuate']);
  assert.deepEqual(await room(), [8, 0, 8]);
  assert.match(await services.capacity.left(services.pool), /room for 16 vCPU/, 'no new machine counts on it');
  operations = [{ description: 'Evacuating cluster member', status_code: 103, location: 'm2' }];
  assert.equal(
    await drain('m2', '--yes'),
    'm2 is being drained. Machines still to be moved: 2; still running there: 2. The same command says how far it is.\n',
  );
  await assert.rejects(drain('m2', '--end'), /m2 is still being drained; bring it back when/);
  assert.match(await server.operator('status'), /m2: draining, 3 machines; sold: vCPU 6 of 0 \(4 there\)/);
  operations = [];
  instances = [instance(4, 'm2', { name: 'bound', isOff: true, volume: true })];
  assert.equal(
    await drain('m2'),
    `m2 is drained. Still on it, and off:\n  ${idOf(4)}  bound, is off: its volumes are on this host alone\n`,
  );
  assert.deepEqual(told(), ['m2 evacuate'], 'once');
  assert.equal(await drain('m2', '--end'), 'm2 takes machines again, and has its own back.\n');
  assert.deepEqual(told(), ['m2 evacuate', 'm2 restore']);
  assert.match(await services.capacity.left(services.pool), /room for 24 vCPU/);
  operations = [{ description: 'Restoring cluster member', status_code: 103, location: 'm2' }];
  assert.match(await drain('m2', '--end'), /being brought back/);
  await assert.rejects(drain('m2', '--yes'), /The machines of m2 are being brought back; wait until/);
  assert.match(await server.operator('status'), /m2: returning, /);
  operations = [];
  assert.equal(await drain('m2', '--end'), 'm2 takes machines; there is nothing to bring back.\n');
});

test('where nothing can be drained, a sentence says why, and nothing is done', async () => {
  await assert.rejects(drain(), /Usage: raffia operator drain HOST/);
  await assert.rejects(drain('m4', '--yes'), /There is no host m4; there are m1, m2, m3/);
  await assert.rejects(drain('m4', '--end'), /There is no host m4; there are m1, m2, m3/);
  members.m2 = 'Offline';
  await assert.rejects(
    drain('m2', '--yes'),
    /m2 does not answer, so nothing can be moved from it or to it: is Offline/,
  );
  members = { m1: 'Evacuated', m2: 'Online', m3: 'Offline' };
  await assert.rejects(drain('m2', '--yes'), /No other host takes machines, so those of m2 have nowhere to go/);
  assert.deepEqual(told(), []);
  reset();
  answer = { operation: { err: 'Failed to migrate instance: no space left on device' } };
  await assert.rejects(drain('m2', '--yes'), /The host has no storage left/);
  assert.deepEqual(told(), ['m2 evacuate']);
  assert.match(await server.operator('status'), /m2: online, 3 machines/, 'it is as it was');
});

test('on one host, and on simulated machines, there is nowhere to go', async (t) => {
  const simulated = await TestServer.start();
  t.after(() => simulated.stop());
  for (const words of [['simulated'], ['simulated', '--yes']])
    await assert.rejects(simulated.operator('drain', ...words), {
      message: 'The machines of this cloud are simulated: there is no host that they could leave',
    });
  await assert.rejects(simulated.operator('drain', 'm1', '--end'), /are simulated: there is no host/);
  const alone = await FakeIncus.start();
  alone.script = ({ path }) => (path.endsWith('/volumes/custom') ? { metadata: [] } : undefined);
  t.after(() => alone.stop());
  const one = await TestServer.start({
    RAFFIA_ENGINE: 'incus',
    RAFFIA_INCUS_URL: alone.url,
    RAFFIA_INCUS_FIREWALL: 'cat',
    RAFFIA_INCUS_RAISE_SYSCTLS: 'false',
  });
  t.after(() => one.stop());
  await assert.rejects(
    one.operator('drain', 'fake', '--yes'),
    /fake is the only host: its machines have nowhere to go/,
  );
  assert.match(await one.operator('drain', 'fake', '--end'), /fake takes machines; there is nothing to bring back/);
});
