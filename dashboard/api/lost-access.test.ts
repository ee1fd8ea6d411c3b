import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '@raffia/client/client.ts';
import { changedAccounts, changedRoles, lostAccount, lostProject, stillLost } from './lost-access.ts';

const names = {
  project: (_account: string, id: string) => (id === 'p1' ? { name: 'Production', slug: 'production' } : undefined),
  ownerEmail: (account: string) => (account === 'a' ? 'ada@example.com' : undefined),
};

/** A session with accounts, each with its projects; the Owner's are named with a star. */
function session(accounts: Record<string, string[] | '*'>): Session {
  const user = { id: 'u', email: 'u@example.com', name: 'U' } as Session['user'];
  return {
    user,
    accounts: Object.entries(accounts).map(([id, projects]) => ({
      id,
      name: `Account ${id}`,
      is_owner: projects === '*',
      permissions: [],
      projects:
        projects === '*' ? [] : projects.map((project) => ({ id: project, role_name: 'Viewer', permissions: [] })),
    })),
  };
}

test('what a session has no more was lost, with its name and whom to ask; what came back was not', () => {
  const before = session({ a: ['p1', 'p2'], b: ['p3'] });
  const lost = stillLost([], before, session({ a: ['p2'] }), names, 5);
  assert.deepEqual(
    lost.map(({ kind, id, accountId, name, ownerEmail, at }) => [kind, id, accountId, name, ownerEmail, at]),
    [
      ['project', 'p1', 'a', 'Production', 'ada@example.com', 5],
      ['account', 'b', 'b', 'Account b', undefined, 5],
      ['project', 'p3', 'b', undefined, undefined, 5],
    ],
  );
  assert.equal(lostProject(lost, 'a', 'production')?.id, 'p1');
  assert.equal(lostProject(lost, 'b', 'p3')?.id, 'p3');
  assert.equal(lostProject(lost, 'b', 'production'), undefined);
  assert.equal(lostAccount(lost, 'b')?.name, 'Account b');
  assert.equal(lostAccount(lost, 'a'), undefined, 'of that only a project is lost');
  const later = stillLost(lost, session({ a: ['p2'] }), session({ a: ['p1', 'p2'] }), names, 9);
  assert.deepEqual(
    later.map(({ id, at }) => [id, at]),
    [
      ['b', 5],
      ['p3', 5],
    ],
  );
});

test('who becomes Owner has lost no project', () => {
  assert.deepEqual(stillLost([], session({ a: ['p1'] }), session({ a: '*' }), names, 5), []);
  assert.deepEqual(stillLost([], session({ a: ['p1'] }), session({ a: ['p1', 'p2'] }), names, 5), []);
});

test('an account in which nothing else may be done is not read anew', () => {
  const before = session({ a: ['p1'], b: ['p2'], c: ['p3'] });
  const now = session({ a: ['p1'], b: '*' });
  now.accounts[0] = { ...(now.accounts[0] as Session['accounts'][0]), name: 'Renamed' };
  assert.deepEqual(changedAccounts(before, now), ['b', 'c']);
  assert.deepEqual(changedAccounts(before, before), []);
  const permitted = session({ a: ['p1'], b: ['p2'], c: ['p3'] });
  permitted.accounts[2]?.projects[0]?.permissions.push('vm.view');
  assert.deepEqual(changedAccounts(before, permitted), ['c']);
});

test('a role that is another, or allows something else, is told; what was given or taken away altogether is not', () => {
  const role = (role_name: string, ...permissions: string[]) => ({ role_name, permissions });
  const sessionWith = (
    account: ReturnType<typeof role> | undefined,
    projects: Record<string, ReturnType<typeof role>>,
  ): Session => ({
    user: { id: 'u', email: 'u@example.com', name: 'U' } as Session['user'],
    accounts: [
      {
        id: 'a',
        name: 'A',
        is_owner: false,
        permissions: [],
        ...account,
        projects: Object.entries(projects).map(([id, one]) => ({ id, ...one })),
      },
    ],
  });
  const before = sessionWith(role('Admin', 'x', 'y'), {
    p1: role('Operator', 'vm.power'),
    p2: role('Own', 'a'),
    p3: role('Viewer'),
  });
  const now = sessionWith(role('Member', 'x'), {
    p1: role('Viewer', 'vm.view'),
    p2: role('Own', 'a', 'b'),
    p4: role('Viewer'),
  });
  assert.deepEqual(changedRoles(before, now), [
    { accountId: 'a', projectId: undefined, role: 'Member', isOther: true },
    { accountId: 'a', projectId: 'p1', role: 'Viewer', isOther: true },
    { accountId: 'a', projectId: 'p2', role: 'Own', isOther: false },
  ]);
  assert.deepEqual(changedRoles(now, now), []);
  assert.deepEqual(changedRoles(before, sessionWith(undefined, {})), []);
});
