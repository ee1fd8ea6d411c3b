import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { consoleEnds, consolePath, longestMessage, mostUnread, mostUntaken } from '@raffia/contract/console-socket.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import type { WebSocket } from 'ws';
import { ConsoleClient, type ConsoleOptions } from '../../testing/console-client.ts';
import { TestPerson } from '../../testing/test-person.ts';
import { type Caller, TestServer } from '../../testing/test-server.ts';
import { until } from '../../testing/until.ts';

let server: TestServer;
let owner: TestPerson;
let vm: string;

before(async () => {
  server = await TestServer.start();
  owner = await TestPerson.owner(server);
  vm = await server.vm('console-vm');
});
after(() => server.stop());

const open: WebSocket[] = [];
after(() => {
  for (const socket of open) socket.terminate();
});

/** The role of an operator on the first project. @returns the member's id */
async function join(who: { api_key_id: string } | { target_user_id: string }): Promise<string> {
  const body = { ...who, role_id: roleId('operator') };
  const added = await server.call(server.owner, 'POST', `/api/v1/projects/${server.first.project_id}/members`, {
    body,
  });
  assert.equal(added.status, 201, added.text);
  return added.body.data.id;
}

class Client extends ConsoleClient {
  constructor(options: ConsoleOptions = {}) {
    super(server.address, options);
    open.push(this.socket);
  }
}

type Asks = (id: string) => Promise<{
  status: number;
  text: string;
  body: { data: { ticket: string; url: string; expires_at: string }; message: string };
}>;
const withKey =
  (caller: Caller = server.owner): Asks =>
  (id) =>
    server.call(caller, 'POST', `/api/raffia/v1/vms/${id}/console`);
const asPerson =
  (person: TestPerson): Asks =>
  (id) =>
    person.call('POST', `/api/raffia/v1/vms/${id}/console`);

async function ticketOf(ask: Asks, id = vm): Promise<string> {
  const asked = await ask(id);
  assert.equal(asked.status, 201, asked.text);
  return asked.body.data.ticket;
}

async function opened(ask: Asks, id = vm, options: ConsoleOptions = {}): Promise<Client> {
  const client = await greeted(await ticketOf(ask, id), options);
  await until('the console is open', () => client.isOpen || client.closed !== undefined);
  assert.equal(client.closed, undefined);
  return client;
}

async function greeted(ticket: string, options: ConsoleOptions = {}): Promise<Client> {
  const client = new Client(options);
  client.greet(ticket);
  return client;
}

const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id;
const entries = async (id = vm) => {
  const { body } = await server.call(server.owner, 'GET', '/api/raffia/v1/audit?verb=vm&limit=100');
  return (body.data as { verb: string; resource_id: string; actor_name: string; details: Record<string, unknown> }[])
    .filter(({ verb, resource_id }) => verb.startsWith('vm.console') && resource_id === id)
    .map(({ verb, actor_name, details }) => ({ verb, actor_name, ...details }));
};

test('a command that is typed answers, with the size that the client says; each end is a shell of its own', async () => {
  const [client, other] = [await opened(withKey()), await opened(asPerson(owner))];
  await until(
    'the shell says what it is',
    () => /This VM is simulated/.test(client.text) && client.text.endsWith('# '),
  );
  await client.run('hostname', /\r\nconsole-vm\r\nroot@console-vm:~# $/);
  await client.run('stty size', /\r\n24 80\r\n/);
  client.say({ columns: 132, rows: 43 });
  await client.run('stty size', /\r\n43 132\r\n/);
  await other.run('stty size', /\r\n24 80\r\n/);
  await client.run('echo grün\x7f\x7fn', /\r\ngrn\r\n/);
  await client.run('\x1b[A\x1b[A', /\r\n43 132\r\n/);
  await client.run('make coffee', /\r\nmake: not in this simulated VM; type help\r\n/);
  client.type('exit\r');
  assert.equal(await client.ends('exited'), 'The shell has ended');
  await other.run('nproc', /\r\n1\r\n/);
  other.socket.close();
});

test('a ticket opens one console, within its time, and stands nowhere as it is', async () => {
  const asked = await withKey()(vm);
  const { ticket, url, expires_at } = asked.body.data;
  assert.match(url, /^ws:\/\/.*\/api\/raffia\/v1\/console$/);
  const left = Date.parse(expires_at) - server.server.services.clock.now();
  assert.ok(left > 20_000 && left <= 30_000, `${left} ms`);
  const { rows } = await server.server.services.pool.query('select t::text as row from console_tickets t');
  assert.ok(rows.length > 0 && rows.every(({ row }) => !row.includes(ticket)));
  const both = [await greeted(ticket), await greeted(ticket)];
  await until('one is open, and the other is not', () =>
    both.every(({ isOpen, closed }) => isOpen || closed !== undefined),
  );
  assert.deepEqual(both.map(({ isOpen }) => isOpen).sort(), [false, true]);
  const refused = both.find(({ isOpen }) => !isOpen) as Client;
  assert.match(await refused.ends('ticket'), /used already/);
  both.find(({ isOpen }) => isOpen)?.socket.close();
  const late = await ticketOf(withKey());
  server.time.offset += 30_001;
  await (await greeted(late)).ends('ticket');
  await (await greeted('nonsense')).ends('ticket');
});

test('who may have none gets no ticket: another account, another project, a role without the permission, a machine that is off', async () => {
  const stranger = await server.account('Strangers');
  const off = await server.vm('off');
  await server.call(server.owner, 'POST', `/api/v1/vms/${off}/stop`);
  await server.status(off, 'passive');
  const elsewhere = await server.call(server.owner, 'POST', '/api/v1/projects', { body: { name: 'elsewhere' } });
  const cases: [number, RegExp, Asks, string][] = [
    [404, /VM not found/, withKey({ key: stranger.api_key }), vm],
    [404, /VM not found/, withKey(await server.key({ project: 'project-admin', on: elsewhere.body.data.id })), vm],
    [403, /permission denied: vm\.console/, withKey(await server.key({ project: 'viewer' })), vm],
    [400, /This VM is stopped; it must be running/, withKey(), off],
    [401, /Authentication required/, withKey({ key: undefined }), vm],
  ];
  for (const [status, text, ask, id] of cases) {
    const asked = await ask(id);
    assert.deepEqual([asked.status, text.test(asked.text)], [status, true], asked.text);
  }
});

test('a ticket is worth nothing after its key ended, its session ended, its caller lost the role, or its machine stopped', async () => {
  const key = await server.key({ project: 'project-admin' });
  const lost = await server.key();
  const member = await join({ api_key_id: lost.id });
  const person = new TestPerson(server);
  await person.signIn('owner@example.com', 'owner password');
  person.account = server.first.account_id;
  const machine = await server.vm('stops');
  const tickets = {
    access: [await ticketOf(withKey(key)), await ticketOf(withKey(lost)), await ticketOf(asPerson(person))],
    machine: [await ticketOf(withKey(), machine)],
  } as const;
  await ok(server.call(server.owner, 'DELETE', `/api/v1/api-keys/${key.id}`));
  await ok(server.call(server.owner, 'DELETE', `/api/v1/projects/${server.first.project_id}/members/${member}`));
  await ok(person.call('POST', '/api/raffia/v1/auth/sign-out', { body: {} }));
  await ok(server.call(server.owner, 'POST', `/api/v1/vms/${machine}/stop`));
  await server.status(machine, 'passive');
  let tried = 0;
  for (const [end, all] of Object.entries(tickets)) {
    for (const ticket of all) {
      const client = await greeted(ticket);
      await client.ends(end as 'access' | 'machine');
      assert.equal(client.all, 0, 'nothing was shown');
      tried++;
    }
  }
  assert.equal(tried, 4);
});

async function ok(asked: Promise<{ status: number; text: string }>): Promise<void> {
  const reply = await asked;
  assert.ok(reply.status < 300, reply.text);
}

test('an open console ends within two seconds after whatever allowed it, and no other does', async () => {
  const operator = await server.key({ project: 'operator' });
  const role = (
    await server.call(server.owner, 'POST', '/api/v1/roles', {
      body: { name: 'consoles', slug: 'consoles', scope: 'project', permissions: ['vm.view', 'vm.console'] },
    })
  ).body.data.id;
  const [suspended, revoked, changed, expires] = [
    await server.key({ project: 'operator' }),
    await server.key({ project: 'operator' }),
    await server.key({ project: role }),
    await server.key({ project: 'operator' }),
  ];
  const email = 'guest@example.com';
  const invited = await owner.call('POST', '/api/v1/invitations', { body: { email, role_id: roleId('admin') } });
  const guest = await TestPerson.invited(server, invited.body.data.accept_url);
  const out = new TestPerson(server);
  await out.signIn('owner@example.com', 'owner password');
  out.account = server.first.account_id;
  const project = server.first.project_id;
  const session = await guest.call('GET', '/api/raffia/v1/session');
  const member = await join({ target_user_id: session.body.data.user.id });
  const [deleted, stopped, rebooted] = [
    await server.vm('deleted'),
    await server.vm('stopped'),
    await server.vm('rebooted'),
  ];
  const key = (secret: { key: string }) => withKey({ key: secret.key, project });
  const consoles: Record<string, [Client, () => Promise<{ status: number; text: string }>, keyof typeof consoleEnds]> =
    {
      'key suspended': [
        await opened(key(suspended)),
        () => server.call(server.owner, 'PATCH', `/api/v1/api-keys/${suspended.id}`, { body: { is_active: false } }),
        'access',
      ],
      'key revoked': [
        await opened(key(revoked)),
        () => server.call(server.owner, 'DELETE', `/api/v1/api-keys/${revoked.id}`),
        'access',
      ],
      'role without it': [
        await opened(key(changed)),
        () =>
          server.call(server.owner, 'PATCH', `/api/v1/roles/${role}`, {
            body: { name: 'consoles', permissions: ['vm.view'] },
          }),
        'access',
      ],
      'key expired': [
        await opened(key(expires)),
        async () => {
          const at = new Date(server.server.services.clock.now() + 60_000).toISOString();
          const reply = await server.call(server.owner, 'PATCH', `/api/v1/api-keys/${expires.id}`, {
            body: { expires_at: at },
          });
          server.time.jump = 60_500;
          return reply;
        },
        'access',
      ],
      'member of the project no more': [
        await opened(asPerson(guest)),
        () => server.call(server.owner, 'DELETE', `/api/v1/projects/${project}/members/${member}`),
        'access',
      ],
      'signed out': [
        await opened(asPerson(out)),
        () => out.call('POST', '/api/raffia/v1/auth/sign-out', { body: {} }),
        'access',
      ],
      'VM deleted': [
        await opened(withKey(), deleted),
        () => server.call(server.owner, 'DELETE', `/api/v1/vms/${deleted}`),
        'machine',
      ],
      'VM stopped': [
        await opened(withKey(), stopped),
        () => server.call(server.owner, 'POST', `/api/v1/vms/${stopped}/stop`),
        'machine',
      ],
      'VM restarted': [
        await opened(withKey(), rebooted),
        () => server.call(server.owner, 'POST', `/api/v1/vms/${rebooted}/reboot`),
        'machine',
      ],
    };
  const kept = await opened(key(operator));
  for (const [name, [client, act, end]] of Object.entries(consoles)) {
    assert.equal(client.closed, undefined, `${name}: it is open until then`);
    const began = Date.now();
    await ok(act());
    const answered = Date.now();
    // A VM that is started again at once has lost its shell before anybody saw it start.
    await until(`${name}: it ends`, () => client.closed !== undefined, { withinMs: 5000 });
    const expected = name === 'VM restarted' ? [consoleEnds.machine, consoleEnds.exited] : [consoleEnds[end]];
    const { code, at } = client.closed as unknown as { code: number; at: number };
    assert.ok(expected.includes(code as never), `${name}: ${code}`);
    const took = at - answered;
    assert.ok(took < 2000, `${name}: ended ${took} ms after the answer, ${answered - began} ms after it was asked for`);
  }
  assert.equal(Object.keys(consoles).length, 9);
  await kept.run('whoami', /\r\nroot\r\n/);
  kept.socket.close();
});

test('opening and closing are entered, with who it was, from where, how long and why', async () => {
  const machine = await server.vm('entered');
  const key = await server.key({ project: 'operator' });
  const client = await opened(withKey(key), machine);
  await until('the opening is entered', async () => (await entries(machine)).length === 1);
  assert.deepEqual(await entries(machine), [{ verb: 'vm.console-open', actor_name: 'test', address: '127.0.0.1' }]);
  await client.run('whoami', /root\r\n/);
  client.socket.close();
  await until('so is the closing', async () => (await entries(machine)).length === 2);
  const [close] = await entries(machine);
  assert.deepEqual(close, { ...close, verb: 'vm.console-close', actor_name: 'test', end: 'left', typed: 7 });
  assert.ok((close as unknown as { shown: number }).shown > 60);
});

test('who does not read holds the shell up, with a bounded number of bytes under way, and still types', async () => {
  const client = await opened(withKey(), vm, { reads: false });
  client.type('seq 999999999\r');
  await until('it is held up', () => client.all >= mostUnread);
  await new Promise((later) => setTimeout(later, 300));
  const held = client.all;
  assert.ok(held < mostUnread + 65_536, `${held} bytes`);
  await new Promise((later) => setTimeout(later, 300));
  assert.equal(client.all, held);
  client.say({ read: held });
  await until('it goes on', () => client.all >= held + mostUnread);
  client.type('\x03');
  client.reads = true;
  client.say({ read: client.all });
  await until('it was interrupted', () => client.text.endsWith('root@console-vm:~# '));
  client.say({ read: client.all + 1 });
  await client.ends('message');
});

test('what is typed is bounded: by the message, by what is under way, and the client is told what was taken', async () => {
  const [large, many, paced] = [await opened(withKey()), await opened(withKey()), await opened(withKey())];
  large.socket.send(Buffer.alloc(longestMessage + 1, 'a'));
  await until('too long a message ends it', () => large.closed?.code === 1009);
  many.socket.pause();
  for (let sent = 0; sent < 64; sent++) paced.socket.send(Buffer.alloc(1024, ' '));
  await until('it is told', () => paced.words.some(({ taken }) => (taken as number) >= mostUntaken / 2));
  assert.equal(paced.closed, undefined);
  many.socket.resume();
  for (const word of [
    'x',
    '[]',
    '{"columns":0,"rows":1}',
    '{"columns":1001,"rows":1}',
    '{"read":-1}',
    '{"read":1.5}',
    'null',
  ]) {
    const client = await opened(withKey());
    client.socket.send(word);
    await client.ends('message');
  }
  many.socket.close();
  paced.socket.close();
});

test('a key has ten consoles and an account its quota, shown with the others; one more is refused until one is closed', async () => {
  const ofAccount = () => server.server.services.consolePlaces.ofAccount(server.first.account_id);
  await until('none is open', async () => (await ofAccount()) === 0);
  const key = await server.key({ project: 'operator' });
  const ten = await Promise.all(Array.from({ length: 10 }, () => opened(withKey(key))));
  const eleventh = await greeted(await ticketOf(withKey(key)));
  assert.match(await eleventh.ends('limit'), /^One key may have 10 consoles open at once/);
  await server.operator('quota', 'My cloud', '--consoles', '11');
  const last = await opened(withKey());
  const { body } = await server.call(server.owner, 'GET', '/api/raffia/v1/account');
  assert.deepEqual(body.data.quota.consoles, { used: 11, limit: 11 });
  const refused = await withKey()(vm);
  assert.deepEqual(
    [refused.status, refused.body.message],
    [429, 'One account may have 11 consoles open at once; close one first'],
  );
  last.socket.close();
  await until('its place is free', async () => (await ofAccount()) === 10);
  // Two tickets for one place: what counts is who comes.
  const tickets = [await ticketOf(withKey()), await ticketOf(withKey())];
  const both = await Promise.all(tickets.map((ticket) => greeted(ticket)));
  await until('both know', () => both.every(({ isOpen, closed }) => isOpen || closed !== undefined));
  assert.deepEqual(both.map(({ isOpen }) => isOpen).sort(), [false, true]);
  for (const { socket } of [...ten, ...both]) socket.close();
  await server.operator('quota', 'My cloud', '--consoles', 'default');
  await until('none is open', async () => (await ofAccount()) === 0);
});

test('nothing typed for 30 minutes ends it', async () => {
  const client = await opened(withKey());
  const looked = () => new Promise((later) => setTimeout(later, 1500));
  server.time.offset += 29 * 60_000;
  // After such a leap nothing passes before the next look.
  await looked();
  await client.run('whoami', /root\r\n/);
  server.time.offset += 29 * 60_000;
  await looked();
  assert.equal(client.closed, undefined);
  server.time.offset += 2 * 60_000;
  assert.match(await client.ends('idle'), /30 minutes/);
});

test('a page of another site is refused, whatever ticket it has, and so is what is no websocket or no greeting', async () => {
  const ticket = await ticketOf(asPerson(owner));
  const foreign = await greeted(ticket, { headers: { origin: 'https://elsewhere.example' } });
  await until('it is refused', () => foreign.refused !== undefined);
  assert.match(foreign.refused?.text ?? '', /Forbidden/);
  assert.equal(foreign.refused?.status, 403);
  const own = await greeted(ticket, { headers: { origin: server.server.url } });
  await until('our own page is not', () => own.isOpen);
  own.socket.close();
  const plain = await server.call({ key: undefined }, 'GET', consolePath);
  assert.equal(plain.status, 400);
  assert.match(plain.body.message, /^A console is a websocket/);
  const path = new Client({ path: '/api/v1/vms' });
  await until('no other path is one', () => path.refused?.status === 401);
  for (const greeting of ['nonsense', '{}', '{"ticket":7,"columns":80,"rows":24}', '{"ticket":"x"}']) {
    const client = new Client();
    client.socket.on('open', () => client.socket.send(greeting));
    await client.ends('message');
  }
});

test('a request that would upgrade to something else is answered as it is', async () => {
  const { request } = await import('node:http');
  const status = await new Promise((done, reject) => {
    const asked = request(`${server.address}/api/v1/vms`, {
      headers: { 'x-api-key': server.owner.key as string, connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' },
    });
    asked.on('response', (response) => done(response.resume().statusCode));
    asked.on('error', reject);
    asked.end();
  });
  assert.equal(status, 200);
});

test('a host that does not do it says so, in the operator’s words', async () => {
  await server.operator(
    'fault',
    'add',
    'console',
    '--name',
    'console-vm',
    '--count',
    '1',
    '--fail',
    'The host is on holiday',
  );
  const client = await greeted(await ticketOf(withKey()));
  assert.equal(await client.ends('host'), 'The host is on holiday');
});

test('a server that stops ends its consoles with a word, and has entered that', async () => {
  const client = await opened(withKey());
  await server.restart();
  assert.match(await client.ends('server'), /being stopped/);
  const [last] = await entries();
  assert.deepEqual([last?.verb, (last as unknown as { end: string }).end], ['vm.console-close', 'server']);
});
