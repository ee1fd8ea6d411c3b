import assert from 'node:assert/strict';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { TestPerson } from './test-person.ts';
import type { Caller, Reply, TestServer } from './test-server.ts';

/** The id of a system role. */
export const roleId = (slug: string) => systemRoles.find((role) => role.slug === slug)?.id as string;

interface Life {
  readonly server: TestServer;
  /** The list of members: of the account, or of a project. */
  readonly members: string;
  /** Makes the member with the first role, as a client would. */
  readonly create: () => Promise<Reply>;
  /** Where an invitation is what makes the member: its link. */
  readonly accept?: (made: Reply) => Promise<unknown>;
  readonly roles: readonly [first: string, second: string, third: string];
  readonly expected: Record<string, unknown>;
}

/** Who has an id in a list of members, and how the list and the member itself agree on it. */
export async function readMember(server: TestServer, members: string, id: string, caller: Caller = server.owner) {
  const one = await server.call(caller, 'GET', `${members}/${id}`);
  const list = await server.call(caller, 'GET', `${members}?limit=100`);
  const rows = list.body.data.filter((row: { id: string }) => row.id === id);
  assert.deepEqual(rows, one.status === 200 ? [one.body.data] : [], `${members}: ${one.text}`);
  return one;
}

/** What a Terraform provider does with a member, from create to destroy: one id, and each read shows what was written. */
export async function liveAsMember({ server, members, create, accept, roles, expected }: Life): Promise<void> {
  const made = await create();
  assert.equal(made.status, 201, made.text);
  const { id } = made.body.data;
  const path = `${members}/${id}`;
  const shows = async (wanted: Record<string, unknown>) => {
    const { status, body, text } = await readMember(server, members, id);
    assert.equal(status, 200, text);
    for (const [name, value] of Object.entries({ id, ...expected, ...wanted })) {
      assert.deepEqual(body.data[name], value, `${name} in ${text}`);
    }
    return body.data;
  };
  const change = async (body: Record<string, unknown>) => {
    const changed = await server.call(server.owner, 'PATCH', path, { body });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.body.data.id, id);
  };
  const [first, second, third] = roles;
  const before = accept === undefined ? 'active' : 'pending';
  const created = await shows({ status: before, role: first, role_id: roleId(first) });
  assert.equal(created.invitation_id, accept === undefined ? undefined : id);
  await change({ role_id: roleId(second) });
  await shows({ status: before, role: second, role_id: roleId(second), created_at: created.created_at });
  if (accept !== undefined) {
    await accept(made);
    const accepted = await shows({ status: 'active', role: second, created_at: created.created_at });
    assert.match(accepted.user_id, /-/);
    assert.deepEqual([accepted.invitation_id, accepted.invitation_expires_at], [undefined, undefined]);
    const cancelled = await server.call(server.owner, 'DELETE', `/api/v1/invitations/${id}`);
    assert.equal(cancelled.status, 404, 'what was accepted is no invitation any more');
  }
  await change({ role_id: roleId(third) });
  await shows({ status: 'active', role: third });
  await change({ status: 'suspended' });
  await shows({ status: 'suspended', role: third });
  await change({ status: 'active', role_id: roleId(first) });
  await shows({ status: 'active', role: first });
  const removed = await server.call(server.owner, 'DELETE', path);
  assert.equal(removed.status, 200, removed.text);
  assert.equal((await readMember(server, members, id)).status, 404);
  for (const [method, body] of [
    ['PATCH', { role_id: roleId(first) }],
    ['DELETE', undefined],
  ] as const) {
    const gone = await server.call(server.owner, method, path, body === undefined ? {} : { body });
    assert.equal(gone.status, 404, `${method}: ${gone.text}`);
  }
}

/** The token of an invitation's link. */
export const tokenOf = (made: Reply): string => made.body.data.accept_url.split('#')[1];

/** Accepts an invitation as somebody new. */
export function accept(server: TestServer, made: Reply): Promise<Reply> {
  const body = { token: tokenOf(made), password: 'a password 1' };
  return new TestPerson(server).call('POST', '/api/raffia/v1/invitations/accept', { body });
}

interface Races {
  readonly server: TestServer;
  readonly members: string;
  readonly invite: (email: string) => Promise<Reply>;
  readonly roles: readonly [first: string, second: string];
}

/** An invitation is accepted while something else happens to it: whatever comes first, both tell the same story. */
export async function raceForMembership({ server, members, invite, roles }: Races): Promise<Record<string, number>> {
  const stories: Record<string, number> = {};
  const tell = (story: string) => {
    stories[story] = (stories[story] ?? 0) + 1;
  };
  let count = 0;
  const invited = async () => {
    const made = await invite(`Racer${++count}@Example.com`);
    assert.equal(made.status, 201, made.text);
    return { made, id: made.body.data.id as string };
  };
  for (let round = 0; round < 8; round++) {
    {
      const { made, id } = await invited();
      const accepted = await Promise.all([accept(server, made), accept(server, made), accept(server, made)]);
      assert.equal(accepted.filter(({ status }) => status === 200).length, 1, 'one of three acceptances is the first');
      assert.equal((await readMember(server, members, id)).body.data.status, 'active');
      tell('accepted by one of three');
    }
    {
      const { made, id } = await invited();
      const cancel = server.call(server.owner, 'DELETE', `/api/v1/invitations/${id}`);
      const [accepted, cancelled] = await Promise.all([accept(server, made), cancel]);
      const member = await readMember(server, members, id);
      const story = [accepted.status, cancelled.status, member.body.data?.status ?? member.status].join();
      assert.ok(['200,404,active', '400,200,404'].includes(story), story);
      tell(story === '200,404,active' ? 'accepted, not cancelled' : 'cancelled, not accepted');
    }
    {
      const { made, id } = await invited();
      const remove = server.call(server.owner, 'DELETE', `${members}/${id}`);
      const [accepted, removed] = await Promise.all([accept(server, made), remove]);
      assert.equal(removed.status, 200, removed.text);
      assert.ok([200, 400].includes(accepted.status), accepted.text);
      assert.equal((await readMember(server, members, id)).status, 404, 'who was removed is gone');
      tell(accepted.status === 200 ? 'accepted, then removed' : 'removed before it was accepted');
    }
    {
      const { made, id } = await invited();
      const patch = server.call(server.owner, 'PATCH', `${members}/${id}`, { body: { role_id: roleId(roles[1]) } });
      const [accepted, patched] = await Promise.all([accept(server, made), patch]);
      assert.deepEqual([accepted.status, patched.status], [200, 200], accepted.text + patched.text);
      const { data } = (await readMember(server, members, id)).body;
      assert.deepEqual([data.status, data.role], ['active', roles[1]], 'the change holds, whichever came first');
      tell(patched.body.data.status === 'pending' ? 'changed, then accepted' : 'accepted, then changed');
    }
  }
  return stories;
}
