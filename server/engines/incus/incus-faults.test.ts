import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, afterEach, before, describe, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { loadConfiguration } from '../../configuration/configuration.ts';
import { systemClock } from '../../foundation/clock.ts';
import { type FakeAnswer, FakeIncus, type FakeRequest } from '../../testing/fake-incus.ts';
import { TestServer } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';
import { PassingFault } from '../engine.ts';
import { IncusApi } from './incus-api.ts';
import { IncusEngine } from './incus-engine.ts';
import { IncusError } from './incus-error.ts';
import { bridgePrefix, publicPrefix, templateAlias } from './names.ts';

/** What happens when the engine, or the way to it, is not as it should be: the server stays up, and says why. */
const settings = (url: string, more: Record<string, string> = {}): Record<string, string> => ({
  RAFFIA_ENGINE: 'incus',
  RAFFIA_INCUS_URL: url,
  RAFFIA_INCUS_FIREWALL: 'cat',
  RAFFIA_INCUS_RAISE_SYSCTLS: 'false',
  RAFFIA_OPERATION_DEADLINE_SECONDS: '2',
  RAFFIA_RECONCILE_SECONDS: '1',
  ...more,
});

const engineOf = async (server: TestServer) => (await server.call(server.owner, 'GET', '/ready')).body.parts.engine;

/** A creation that cannot succeed: it fails with a sentence, can be deleted, and leaves no address behind. */
async function failsWith(server: TestServer, sentence: RegExp): Promise<void> {
  const id = await server.vm('unlucky', {}, server.owner, false);
  await until('the VM has failed', async () => {
    const { body } = await server.call(server.owner, 'GET', `/api/v1/vms/${id}`);
    return body.data.status === 'failure';
  });
  assert.match(await server.operator('operations'), sentence);
  const used = await server.server.services.db
    .selectFrom('public_addresses')
    .select('address')
    .where('state', '<>', 'free')
    .execute();
  assert.deepEqual(used, []);
  assert.equal((await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} })).status, 200);
  assert.equal((await server.call(server.owner, 'GET', `/api/v1/vms/${id}`)).status, 404);
}

/** An engine without a server around it. */
const engineAt = (url: string, more: object = {}) =>
  new IncusEngine({
    settings: { ...loadConfiguration(settings(url)).incus, ...more },
    cloudId: 'x',
    imageOf: () => undefined,
    onRecord: async () => [],
    clock: systemClock,
    log: pino({ level: 'silent' }),
  });

describe('a host that is not there', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start(settings('unix:///no/such/unix.socket'));
  });
  after(() => server.stop());

  test('the server is up, answers reads, and says that there is no socket', async () => {
    assert.equal((await server.call(server.owner, 'GET', '/api/v1/vms')).status, 200);
    const ready = await server.call(server.owner, 'GET', '/ready');
    assert.equal(ready.status, 200);
    assert.equal(ready.body.status, 'degraded');
    assert.match(ready.body.parts.engine.message, /there is no socket at RAFFIA_INCUS_URL/);
  });

  test('a VM waits for the host until its deadline, and the operator reads for what', async () => {
    const id = await server.vm('patient', {}, server.owner, false);
    await until('the operator reads it', async () =>
      /waits: The host of the machines does not answer/.test(await server.operator('operations')),
    );
    assert.equal((await server.call(server.owner, 'GET', `/api/v1/vms/${id}`)).body.data.status, 'provisioning');
    await server.call(server.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
  });

  test('the engine is used as soon as it is there', async () => {
    const fake = await FakeIncus.start();
    const late = await TestServer.start(settings(`${fake.url}.later`));
    try {
      assert.equal((await engineOf(late)).status, 'degraded');
      execFileSync('ln', ['-s', fake.url.slice('unix://'.length), `${fake.url}.later`.slice('unix://'.length)]);
      await until('the engine is ready', async () => (await engineOf(late)).status === 'ready');
    } finally {
      await late.stop();
      await fake.stop();
    }
  });
});

describe('a host that answers as it should not', () => {
  let fake: FakeIncus;
  let server: TestServer;
  before(async () => {
    fake = await FakeIncus.start();
    server = await TestServer.start(settings(fake.url));
  });
  afterEach(() => {
    fake.script = () => undefined;
  });
  after(async () => {
    await server.stop();
    await fake.stop();
  });

  const creating = (answer: FakeAnswer) => {
    fake.script = ({ method, path }: FakeRequest) =>
      method === 'POST' && path === '/1.0/instances' ? answer : undefined;
  };

  test('a full pool is said in a sentence, and the rest of the creation removed', async () => {
    creating({ operation: { err: 'Failed creating instance from image: write /x: no space left on device' } });
    await failsWith(server, /The host has no storage left for this VM; ask the operator/);
  });

  test('the catalogue offers the templates whose image the host has, and no others', async () => {
    const offered = async () =>
      ((await server.call({ key: undefined }, 'GET', '/api/v1/public/templates')).body.data as { id: string }[]).map(
        ({ id }) => id,
      );
    const { templates } = server.server.services.catalogue;
    const [first, second] = templates;
    const image = (id = '') => ({ fingerprint: 'f'.repeat(64), aliases: [{ name: templateAlias(id) }] });
    fake.script = ({ path }: FakeRequest) =>
      path === '/1.0/images' ? { metadata: [image(second?.id), image(first?.id)] } : undefined;
    await until('two are offered', async () => (await offered()).length === 2);
    assert.deepEqual(new Set(await offered()), new Set([first?.id, second?.id]));
    fake.script = ({ path }: FakeRequest) => (path === '/1.0/images' ? { metadata: [image(second?.id)] } : undefined);
    await until('one is offered', async () => (await offered()).join() === second?.id);
  });

  test('a machine is gone only when it is not there any more, whatever the engine did not find', async () => {
    const id = '01900000-0000-7000-8000-000000000001';
    const name = `rf-${id}`;
    const engine = engineAt(fake.url);
    let isThere = true;
    fake.script = ({ method, path }: FakeRequest) => {
      if (path !== `/1.0/instances/${name}`) return undefined;
      if (method === 'DELETE') return { operation: { err: 'Failed deleting instance: Storage volume not found' } };
      return isThere
        ? { metadata: { name, status_code: 102, config: {}, devices: {} } }
        : { status: 404, error: 'Instance not found' };
    };
    await assert.rejects(engine.machines.delete({ id, name }), PassingFault);
    const whole = fake.script;
    fake.script = ({ method, path }: FakeRequest) => {
      if (method !== 'GET') return { operation: {} };
      if (path === '/1.0/instances') return { metadata: [`/1.0/instances/${name}`] };
      return path.endsWith(name) ? { status: 404, error: 'Storage volume not found' } : undefined;
    };
    await assert.rejects(engine.machines.delete({ id, name }), PassingFault);
    await assert.rejects(engine.machines.inspect(id), PassingFault);
    fake.script = whole;
    isThere = false;
    assert.deepEqual(await engine.machines.delete({ id, name }), { done: true });
    await engine.close();
  });

  test('a renamed machine gets its name back, but not one that is on its way to another member', async () => {
    const engine = engineAt(fake.url);
    const names = ['lxd-move-of-12', 'incus-move-of-12', 'renamed'];
    const instances = names.map((name, i) => ({
      name,
      status_code: 102,
      config: { 'user.raffia.id': `01900000-0000-7000-8000-00000000000${i}`, 'user.raffia.state': 'ready' },
      devices: {},
    }));
    fake.script = ({ path }: FakeRequest) => (path === '/1.0/instances' ? { metadata: instances } : undefined);
    await engine.tidy();
    const renamed = fake.seen.filter(
      ({ method, path }) => method === 'POST' && names.some((name) => path.endsWith(name)),
    );
    // The engine looks by itself as well, and may have met it still under its wrong name.
    assert.deepEqual([...new Set(renamed.map(({ path }) => path))], ['/1.0/instances/renamed']);
    await engine.close();
  });

  test('a missing image is said in a sentence, by LXD and by Incus', async () => {
    creating({ status: 404, error: 'Image alias not found' });
    await failsWith(server, /The image of this template is not on the host/);
    creating({ operation: { err: 'Image not provided for instance creation' } });
    await failsWith(server, /The image of this template is not on the host/);
  });

  test('what nobody has foreseen is tried again, and its words are kept from users', async () => {
    creating({ operation: { err: 'Failed to frobnicate /var/lib/secret' } });
    await failsWith(server, /The host could not do this; ask the operator/);
    assert.doesNotMatch(await server.operator('operations'), /secret/);
  });

  test('a full pool degrades readiness before anybody asks for a VM', async () => {
    fake.script = ({ path }) =>
      path.endsWith('/resources') ? { metadata: { space: { used: 99, total: 100 } } } : undefined;
    assert.match((await engineOf(server)).message, /storage pool default is full/);
  });

  test('a daemon that dies in the middle is waited for', async (t) => {
    const patient = await TestServer.start(settings(fake.url, { RAFFIA_OPERATION_DEADLINE_SECONDS: '900' }));
    t.after(() => patient.stop());
    let dead = true;
    fake.script = ({ method, path }) => {
      if (dead && method === 'POST' && path === '/1.0/instances') return 'hang up';
      return undefined;
    };
    const id = await patient.vm('interrupted', {}, patient.owner, false);
    await until('it was asked', () =>
      fake.seen.some(({ method, path }) => method === 'POST' && path === '/1.0/instances'),
    );
    dead = false;
    fake.script = stateful();
    await patient.status(id, 'active').catch(async () => assert.fail(await patient.operator('operations')));
    await patient.call(patient.owner, 'DELETE', `/api/v1/vms/${id}`, { body: {} });
    await patient.settled();
  });

  test('a host that says nonsense does not stop the server', async () => {
    fake.script = () => ({ raw: '<html>not the engine</html>' });
    assert.equal((await engineOf(server)).status, 'degraded');
    assert.equal((await server.call(server.owner, 'GET', '/api/v1/vms')).status, 200);
  });

  /** A host that keeps instances, as far as a machine's life needs it. */
  function stateful(): (request: FakeRequest) => FakeAnswer | undefined {
    const instances = new Map<
      string,
      { name: string; status_code: number; type: string; config: object; devices: object }
    >();
    return ({ method, path, query, body }) => {
      const [, , what, name = '', rest] = path.split('/');
      if (method === 'GET' && query.get('path') === '/etc/shadow') return { raw: 'root:*:1::::::\n' };
      if (what !== 'instances') return undefined;
      if (method === 'POST' && name === '') {
        instances.set(body.name, { ...body, status_code: 102 });
        return { operation: {}, query: '?project=raffia' };
      }
      const found = instances.get(name);
      if (name === '' || found === undefined) return undefined;
      if (rest === 'state') found.status_code = body.action === 'start' ? 103 : 102;
      if (method === 'PATCH') found.config = { ...found.config, ...body.config };
      if (method === 'DELETE') instances.delete(name);
      if (rest === 'metadata' && method === 'GET') return { metadata: { templates: {} } };
      if (rest === 'files' && method === 'GET') return { status: 404, error: 'Not found' };
      return method === 'GET' ? { metadata: found } : { operation: {} };
    };
  }
});

describe('a host that is looked after', () => {
  const fakeHost = async (t: TestContext, more: object = {}) => {
    const fake = await FakeIncus.start();
    const engine = engineAt(fake.url, more);
    t.after(async () => {
      await engine.close();
      await fake.stop();
    });
    return { fake, engine };
  };
  const id = '01900000-0000-7000-8000-000000000001';
  const instance = (name: string, more: object = {}) => ({ name, status_code: 102, config: {}, devices: {}, ...more });

  test('a gateway that cannot be made keeps nothing else from being tidied', async (t) => {
    const { fake, engine } = await fakeHost(t, { gatewayCommand: 'false' });
    fake.isClustered = true;
    const port = { network: 'public', host_name: `${publicPrefix}0123456789` };
    const left = `${bridgePrefix}left`;
    const answers: Record<string, unknown> = {
      '/1.0/instances': [
        instance('with-a-public-address', { devices: { eth0: port } }),
        instance('renamed', { config: { 'user.raffia.id': id, 'user.raffia.state': 'ready' } }),
      ],
      '/1.0/networks': [`/1.0/networks/${left}`],
      '/1.0/networks/public': { config: { 'user.raffia.gateway': '203.0.113.1/24' } },
      [`/1.0/networks/${left}`]: { name: left, status: 'Pending', config: {}, used_by: [] },
    };
    fake.script = ({ method, path }) => (method === 'GET' && path in answers ? { metadata: answers[path] } : undefined);
    await assert.rejects(engine.tidy());
    const changes = fake.seen.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
    for (const change of ['POST /1.0/instances/renamed', `DELETE /1.0/networks/${left}`])
      assert.ok(changes.includes(change), changes.join(', '));
  });

  test('of many networks only those that no machine uses are asked about, each by itself', async (t) => {
    const { fake, engine } = await fakeHost(t);
    const names = Array.from({ length: 156 }, (_, n) => `${bridgePrefix}${n}`);
    const [unused, ...used] = names;
    const devices = Object.fromEntries(used.map((network, n) => [`eth${n}`, { network }]));
    fake.script = ({ path }) => {
      if (path === '/1.0/instances') return { metadata: [instance('in-all-of-them', { devices })] };
      if (path === '/1.0/networks') return { metadata: names.map((name) => `/1.0/networks/${name}`) };
      return path.endsWith('/state') ? { metadata: {} } : undefined;
    };
    await engine.tidy();
    const asked = fake.seen.filter(({ path }) => path.startsWith('/1.0/networks'));
    assert.ok(asked.length > 100, `${asked.length} questions`);
    assert.deepEqual(
      asked.filter(({ query }) => query.has('recursion')).map(({ path }) => path),
      [],
    );
    const whole = asked.filter(({ path }) => /^\/1\.0\/networks\/[^/]+$/.test(path)).map(({ path }) => path);
    assert.deepEqual(whole, [`/1.0/networks/${unused}`]);
  });

  test('a change that finds the engine busy is sent again, but not one whose stream has been read', async (t) => {
    const { fake } = await fakeHost(t);
    const own = { certificateFile: null, keyFile: null, serverCertificateFile: null };
    const api = new IncusApi({ url: fake.url, ...own }, 'raffia');
    let refusals = 0;
    fake.script = ({ method }) => {
      if (method !== 'POST' || refusals++ > 0) return undefined;
      return { status: 400, error: 'Instance is busy running a "start" operation' };
    };
    const sent = () => fake.seen.filter(({ method }) => method === 'POST').map(({ body }) => body);
    await api.change('POST', '/1.0/images', { some: 'change' });
    assert.deepEqual(sent(), [{ some: 'change' }, { some: 'change' }]);
    refusals = 0;
    fake.seen.length = 0;
    const image = Readable.from([Buffer.from('an image')]);
    await assert.rejects(api.change('POST', '/1.0/images', image), { refusal: 'busy' });
    assert.deepEqual(sent(), ['an image']);
  });

  test('whatever switches a machine, also from inside of it, is heard of at once', async (t) => {
    const { fake, engine } = await fakeHost(t);
    fake.hasEvents = true;
    const changed: string[] = [];
    const stop = engine.watch({ changed: (machine) => changed.push(machine), returned: () => {} });
    t.after(stop);
    await until('the engine listens', async () => fake.followers === 1);
    const actions = ['started', 'restarted', 'stopped', 'shutdown', 'paused', 'resumed', 'deleted'];
    fake.tell('somebody-else', 'instance-restarted');
    fake.tell(`rf-${id}`, 'instance-updated');
    for (const [n, action] of actions.entries()) {
      fake.tell(`rf-${id}`, `instance-${action}`);
      await until(`${action} is heard of`, async () => changed.length > n);
    }
    assert.deepEqual(
      changed,
      actions.map(() => id),
    );
  });
});

describe('a host that must not be used', () => {
  const refusal = async (script: FakeIncus['script'], more: Record<string, string> = {}) => {
    const fake = await FakeIncus.start();
    fake.script = script;
    try {
      const server = await TestServer.start(settings(fake.url, more));
      await server.stop();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    } finally {
      await fake.stop();
    }
  };
  const directory: FakeIncus['script'] = ({ method, path }) => {
    if (path === '/1.0/storage-pools/default') return { metadata: { driver: 'dir' } };
    if (path.includes('/volumes/custom/') && method === 'GET') return { status: 500, error: 'Not supported' };
    return undefined;
  };

  test('a pool that enforces no disk sizes is refused at the start, unless the operator accepts it', async () => {
    assert.match((await refusal(directory)) ?? '', /no VM's disk size would be enforced/);
    assert.equal(await refusal(directory, { RAFFIA_INCUS_ACCEPT_UNENFORCED_DISKS: 'true' }), undefined);
  });

  test("another Raffia's project is left alone", async () => {
    const theirs: FakeIncus['script'] = ({ method, path }) =>
      method === 'GET' && path.startsWith('/1.0/projects/')
        ? { metadata: { config: { 'user.raffia.cloud': 'somebody-else' } } }
        : undefined;
    assert.match((await refusal(theirs)) ?? '', /is another Raffia's/);
  });

  test('without its firewall rules no machine is made', async () => {
    const fake = await FakeIncus.start();
    const server = await TestServer.start(settings(fake.url, { RAFFIA_INCUS_FIREWALL: 'false' }));
    try {
      assert.match((await engineOf(server)).message, /firewall rules could not be loaded/);
      await failsWith(server, /firewall rules could not be loaded/);
      assert.ok(!fake.seen.some(({ method, path }) => method === 'POST' && path === '/1.0/instances'));
    } finally {
      await server.stop();
      await fake.stop();
    }
  });
});

const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'needs openssl';

describe('over TLS', { skip: noOpenssl }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-tls-'));
  const file = (name: string) => join(folder, name);
  const pair = (name: string) =>
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
      ].concat(['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)]),
      { stdio: 'ignore' },
    );
  let url: string;
  let stop: () => void;

  before(async () => {
    for (const name of ['server', 'client', 'stranger']) pair(name);
    const trusted = readFileSync(file('client.crt'), 'utf8');
    const server = createServer(
      {
        key: readFileSync(file('server.key')),
        cert: readFileSync(file('server.crt')),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        const given = (request.socket as import('node:tls').TLSSocket).getPeerCertificate();
        const auth =
          given.raw?.toString('base64') === trusted.replace(/-----.*-----|\s/g, '') ? 'trusted' : 'untrusted';
        response.end(JSON.stringify({ type: 'sync', metadata: { auth, api_extensions: [], environment: {} } }));
      },
    );
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    stop = () => {
      server.closeAllConnections();
      server.close();
    };
  });
  after(() => {
    stop();
    rmSync(folder, { recursive: true });
  });

  const apiWith = (client: string, pinned: string) =>
    new IncusApi(
      {
        url,
        certificateFile: file(`${client}.crt`),
        keyFile: file(`${client}.key`),
        serverCertificateFile: file(`${pinned}.crt`),
      },
      'raffia',
    );

  test('a pinned certificate is accepted, whatever its name, and our own recognised', async () => {
    assert.equal((await apiWith('client', 'server').server()).auth, 'trusted');
  });

  test('another certificate than the pinned one is refused, with the setting to look at', async (t) => {
    await assert.rejects(apiWith('client', 'stranger').server(), (error) => {
      assert.ok(error instanceof IncusError);
      assert.equal(error.refusal, 'unreachable');
      return true;
    });
    const server = await TestServer.start(
      settings(url, {
        RAFFIA_INCUS_CERTIFICATE: file('client.crt'),
        RAFFIA_INCUS_KEY: file('client.key'),
        RAFFIA_INCUS_SERVER_CERTIFICATE: file('stranger.crt'),
      }),
    );
    t.after(() => server.stop());
    assert.match((await engineOf(server)).message, /its certificate is not the one in RAFFIA_INCUS_SERVER_CERTIFICATE/);
  });

  test('a client certificate that the engine does not know is said', async () => {
    await assert.rejects(apiWith('stranger', 'server').server(), /does not know our certificate/);
  });
});
