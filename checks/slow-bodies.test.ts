// timeout: 20m
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { seededRandom } from '@raffia/server/testing/random.ts';
import { TestPerson } from '@raffia/server/testing/test-person.ts';
import { type Caller, TestServer } from '@raffia/server/testing/test-server.ts';

/**
 * Authority is taken away while bodies are on their way: each write's headers pass the gate, the change is made, and only then does
 * the rest of the body come. None may be accepted, whichever way the authority went. A part of the bodies ends while the change is
 * being made: these may go either way, but none may stand after the change, which the order of the audit log tells.
 */
const races = Number(process.env.RAFFIA_RACES ?? (process.env.CI === 'true' ? 10_000 : 1500));
/** All together, fewer than the writes of one account that may wait for their turn. */
const socketsOfLane = 13;
const lanes = 8;
const project = () => server.first.project_id;

let server: TestServer;
let vm: string;

before(async () => {
  server = await TestServer.start({ RAFFIA_QUOTA_API_KEYS: 'none', RAFFIA_QUOTA_ROLES: 'none' });
  vm = await server.vm('race');
});
after(() => server.stop());

/** A connection whose requests come in two parts. */
class SlowClient {
  #socket: net.Socket | undefined;
  #received = '';
  #wake: () => void = () => {};

  /** Sends the headers and a part of the body, and waits until the server has begun with it. */
  async begin(
    headers: Record<string, string>,
    method: string,
    path: string,
    body: string,
  ): Promise<() => Promise<number>> {
    const socket = this.#socket ?? (await this.#connect());
    this.#received = '';
    const half = Math.floor(body.length / 2);
    const lines = Object.entries({
      host: new URL(server.server.url).host,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      expect: '100-continue',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const first = await this.#status();
    // Refused at once: the rest does not matter.
    if (first !== 100) return async () => first;
    socket.write(body.slice(0, half));
    return async () => {
      socket.write(body.slice(half));
      return this.#status();
    };
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #connect(): Promise<net.Socket> {
    const { port } = server.server.app.server.address() as net.AddressInfo;
    const socket = net.connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#wake();
    });
    await new Promise<void>((done) => socket.once('connect', done));
    this.#socket = socket;
    return socket;
  }

  /** The status of the next whole answer. */
  async #status(): Promise<number> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end >= 0) {
        const head = this.#received.slice(0, end);
        const status = Number(head.split(' ')[1]);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (status === 100 || this.#received.length >= end + 4 + length) {
          this.#received = this.#received.slice(end + 4 + (status === 100 ? 0 : length));
          return status;
        }
      }
      if (this.#socket === undefined) return 0;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}

interface Lane {
  /** What the victim sends to be known. */
  headers: Record<string, string>;
  /** Takes something away from the victim; returns after the answer was read. */
  take(): Promise<void>;
  /** Makes the lane ready for the next race. */
  mend(): Promise<void>;
  readonly refusals: readonly number[];
}

async function ok(caller: Caller, method: string, path: string, body?: unknown) {
  const reply = await server.call(caller, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
  return reply.body.data;
}

let numbered = 0;

/** A key with a role on the project, both of its own, and an Owner's key that acts on it. */
async function keyLane(way: 'revoke' | 'suspend' | 'regenerate' | 'role edit' | 'access removed'): Promise<Lane> {
  const admin = await server.key({ account: 'owner' });
  const name = `lane ${++numbered}`;
  const role = await ok(admin, 'POST', '/api/v1/roles', {
    name,
    slug: name.replace(' ', '-'),
    scope: 'project',
    permissions: ['vm.view', 'vpc.view'],
  });
  const members = `/api/v1/projects/${project()}/members`;
  let keyId = '';
  let memberId = '';
  let key = '';
  const grant = async () => {
    memberId = (await ok(admin, 'POST', members, { api_key_id: keyId, role_id: role.id })).id;
  };
  const lane: Lane = {
    headers: {},
    refusals: way === 'role edit' || way === 'access removed' ? [403] : [401],
    take: async () => {
      const path = `/api/v1/api-keys/${keyId}`;
      if (way === 'revoke') await ok(admin, 'DELETE', path);
      if (way === 'suspend') await ok(admin, 'PATCH', path, { is_active: false });
      if (way === 'regenerate') key = (await ok(admin, 'POST', `${path}/regenerate`)).secret;
      if (way === 'role edit') await ok(admin, 'PATCH', `/api/v1/roles/${role.id}`, { permissions: ['vpc.view'] });
      if (way === 'access removed') await ok(admin, 'DELETE', `${members}/${memberId}`);
    },
    mend: async () => {
      if (way === 'revoke' || keyId === '') {
        const made = await ok(admin, 'POST', '/api/v1/api-keys', { name: 'victim' });
        keyId = made.id;
        key = made.secret;
        await grant();
      } else if (way === 'access removed') await grant();
      else if (way === 'suspend') await ok(admin, 'PATCH', `/api/v1/api-keys/${keyId}`, { is_active: true });
      else if (way === 'role edit') {
        await ok(admin, 'PATCH', `/api/v1/roles/${role.id}`, { permissions: ['vm.view', 'vpc.view'] });
      }
      lane.headers = { 'x-api-key': key, 'x-project-id': project() };
    },
  };
  await lane.mend();
  return lane;
}

/** Somebody with a role on the project, whose password is set anew with a link. */
async function sessionLane(): Promise<Lane> {
  const email = `racer${++numbered}@example.com`;
  const invited = await ok(server.owner, 'POST', `/api/v1/projects/${project()}/invitations`, {
    email,
    role_id: systemRoles.find(({ slug }) => slug === 'viewer')?.id,
  });
  const person = await TestPerson.invited(server, invited.accept_url);
  let password = 0;
  const lane: Lane = {
    headers: {},
    refusals: [401],
    take: async () => {
      const link = await server.operator('sign-in-link', email);
      const used = await new TestPerson(server).call('POST', '/api/raffia/v1/links/use', {
        body: { token: link.trim().split('#')[1], password: `another password ${++password}` },
      });
      assert.equal(used.status, 200, used.text);
    },
    mend: async () => {
      if (password > 0) await person.signIn(email, `another password ${password}`);
      lane.headers = {
        cookie: [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        origin: server.server.url,
        'x-account-id': server.first.account_id,
        'x-project-id': project(),
      };
    },
  };
  await lane.mend();
  return lane;
}

test(`no write whose body ends after authority went is accepted, over ${races} races`, async () => {
  const random = seededRandom();
  const counts: Record<string, number> = {};
  const others = new Set<string>();
  let late = 0;
  let acceptedLate = 0;
  let during = 0;
  let busy = 0;
  let acceptedDuring = 0;
  const run = async (way: string, lane: Lane, times: number) => {
    const clients = Array.from({ length: socketsOfLane }, () => new SlowClient());
    for (let done = 0; done < times; ) {
      const path = `/api/v1/vms/${vm}/notes/personal`;
      const begun = await Promise.all(
        clients.map((client) => client.begin(lane.headers, 'PUT', path, '{"content": "written in two parts"}')),
      );
      // Time for these and the limits does not run by itself.
      server.time.offset += 1000;
      const early = random() < 0.5 ? 1 + Math.floor(random() * 4) : 0;
      const running = begun.slice(0, early).map((end) => end());
      await lane.take();
      const answers = await Promise.all(begun.slice(early).map((end) => end()));
      // Whoever waited too long for a turn was not asked who he is.
      const replies = answers.filter((status) => status !== 503);
      busy += answers.length - replies.length;
      late += replies.length;
      for (const status of replies) {
        if (status < 300) acceptedLate++;
        else if (!lane.refusals.includes(status)) others.add(`${status} after ${way}`);
      }
      during += early;
      acceptedDuring += (await Promise.all(running)).filter((status) => status === 200).length;
      done += replies.length;
      counts[way] = (counts[way] ?? 0) + replies.length;
      await lane.mend();
    }
    for (const client of clients) client.close();
  };
  const ofKeys = ['revoke', 'suspend', 'regenerate', 'role edit', 'access removed'] as const;
  const ofSessions = Math.ceil(races / 10);
  await Promise.all([
    ...Array.from({ length: lanes }, async (_, number) => {
      const way = ofKeys[number % ofKeys.length] as (typeof ofKeys)[number];
      await run(way, await keyLane(way), Math.ceil((races - ofSessions) / lanes));
    }),
    run('password reset', await sessionLane(), ofSessions),
  ]);
  console.log(
    `${late} races ${JSON.stringify(counts)}: ${acceptedLate} accepted after; ${acceptedDuring} of ${during} accepted meanwhile`,
  );
  assert.ok(late >= races, `${late} races`);
  assert.ok(busy <= races / 10, `${busy} waited too long for a turn`);
  assert.ok(acceptedDuring > 0, 'bodies that end meanwhile are let in as well');
  assert.deepEqual(Object.keys(counts).sort(), [...ofKeys, 'password reset'].sort());
  assert.deepEqual([...others], [], 'refused as the gate refuses');
  assert.equal(acceptedLate, 0);
  const { rows } = await server.server.services.pool.query(
    `select w.id from audit_log w join audit_log r on r.verb = 'apikey.delete' and r.resource_id = w.actor_id::text
      where w.verb = 'vm.note-write' and w.id > r.id`,
  );
  assert.equal(rows.length, 0, 'a write stands behind the revocation of its key');
});
