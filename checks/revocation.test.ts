// timeout: 40m
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pick, seededRandom } from '@raffia/server/testing/random.ts';
import { type Caller, TestServer } from '@raffia/server/testing/test-server.ts';

/**
 * A key is taken away in every way there is, while it is being used. Whatever begins after the answer was read to its end must be
 * refused; what began before may go either way. Each lane has an acting key of its own, so that limits don't decide. Before a release
 * RAFFIA_TEST_RACES=10000 on nodes as well.
 */
const isSingle = process.env.RAFFIA_TEST_NODES === undefined;
const inCi = isSingle ? 10_000 : 1500;
const races = Number(process.env.RAFFIA_TEST_RACES ?? (process.env.CI === 'true' ? inCi : 1000));
const lanes = 50;
const lanesAtOnce = 8;

let server: TestServer;
before(async () => {
  server = await TestServer.start();
  await server.vm('race');
});
after(() => server.stop());

interface Lane {
  readonly admin: Caller;
  readonly roleId: string;
  key: string;
  keyId: string;
  memberId: string;
}

async function ok(caller: Caller, method: string, path: string, body?: unknown) {
  const reply = await server.call(caller, method, path, body === undefined ? {} : { body });
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
  return reply.body.data;
}

async function openLane(number: number): Promise<Lane> {
  const admin = await server.key({ account: 'owner' });
  const role = await ok(admin, 'POST', '/api/v1/roles', {
    name: `lane ${number}`,
    slug: `lane-${number}`,
    scope: 'project',
    permissions: ['vm.view', 'vpc.view'],
  });
  const lane = { admin, roleId: role.id, key: '', keyId: '', memberId: '' };
  await renew(lane);
  return lane;
}

/** A new key for the lane, with the lane's role on the project. */
async function renew(lane: Lane): Promise<void> {
  const made = await ok(lane.admin, 'POST', '/api/v1/api-keys', { name: 'victim' });
  lane.key = made.secret;
  lane.keyId = made.id;
  await grant(lane);
}

async function grant(lane: Lane): Promise<void> {
  const path = `/api/v1/projects/${server.first.project_id}/members`;
  lane.memberId = (await ok(lane.admin, 'POST', path, { api_key_id: lane.keyId, role_id: lane.roleId })).id;
}

const members = () => `/api/v1/projects/${server.first.project_id}/members`;

/** How a key loses its access, what a request gets from then on, and how the next race is made ready. */
const ways: Record<
  string,
  { take: (lane: Lane) => Promise<unknown>; refusal: number; mend: (lane: Lane) => Promise<unknown> }
> = {
  revoke: { take: (lane) => ok(lane.admin, 'DELETE', `/api/v1/api-keys/${lane.keyId}`), refusal: 401, mend: renew },
  suspend: {
    take: (lane) => ok(lane.admin, 'PATCH', `/api/v1/api-keys/${lane.keyId}`, { is_active: false }),
    refusal: 401,
    mend: (lane) => ok(lane.admin, 'PATCH', `/api/v1/api-keys/${lane.keyId}`, { is_active: true }),
  },
  regenerate: {
    take: async (lane) => {
      lane.memberId = (await ok(lane.admin, 'POST', `/api/v1/api-keys/${lane.keyId}/regenerate`)).secret;
    },
    refusal: 401,
    mend: async (lane) => {
      lane.key = lane.memberId;
      const place = server.server.services.db.selectFrom('project_members').select('id');
      lane.memberId = (await place.where('api_key_id', '=', lane.keyId).executeTakeFirstOrThrow()).id;
    },
  },
  'role edit': {
    take: (lane) => ok(lane.admin, 'PATCH', `/api/v1/roles/${lane.roleId}`, { permissions: ['vpc.view'] }),
    refusal: 403,
    mend: (lane) => ok(lane.admin, 'PATCH', `/api/v1/roles/${lane.roleId}`, { permissions: ['vm.view', 'vpc.view'] }),
  },
  'access removed': {
    take: (lane) => ok(lane.admin, 'DELETE', `${members()}/${lane.memberId}`),
    refusal: 403,
    mend: grant,
  },
  'access suspended': {
    take: (lane) => ok(lane.admin, 'PATCH', `${members()}/${lane.memberId}`, { status: 'suspended' }),
    refusal: 403,
    mend: (lane) => ok(lane.admin, 'PATCH', `${members()}/${lane.memberId}`, { status: 'active' }),
  },
};

test(`no request that begins after the answer is let in, over ${races} races`, async () => {
  const random = seededRandom();
  const open: Lane[] = [];
  for (let number = 0; number < lanes; number++) open.push(await openLane(number));
  const counts = Object.fromEntries(Object.keys(ways).map((name) => [name, 0]));
  let left = races;
  let late = 0;
  let acceptedLate = 0;
  let during = 0;
  const use = (key: string) =>
    server.call(
      { key },
      'GET',
      `/api/v1/vms?project_id=${server.first.project_id}&limit=${1 + Math.floor(random() * 3)}`,
    );

  const race = async (lane: Lane) => {
    const name = pick(random, Object.keys(ways));
    const way = ways[name] as (typeof ways)[string];
    const key = lane.key;
    const first = await use(key);
    assert.equal(first.status, 200, `the key works before ${name}: ${first.text}`);
    const running = Array.from({ length: 3 }, () => use(key));
    during += running.length;
    await way.take(lane);
    const replies = await Promise.all([use(key), use(key)]);
    late += replies.length;
    acceptedLate += replies.filter((reply) => reply.status !== way.refusal).length;
    await Promise.all(running);
    await way.mend(lane);
    counts[name] = (counts[name] as number) + 1;
  };
  const work = async () => {
    for (let lane = open.pop(); lane !== undefined && left > 0; lane = open.pop()) {
      left--;
      await race(lane);
      open.unshift(lane);
    }
  };
  await Promise.all(Array.from({ length: lanesAtOnce }, work));
  console.log(
    `${races} races ${JSON.stringify(counts)}: ${during} requests during, ${late} after the answer, ${acceptedLate} of these let in`,
  );
  assert.equal(acceptedLate, 0);
});
