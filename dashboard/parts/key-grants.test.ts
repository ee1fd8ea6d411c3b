import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownerRoleId, systemRoles } from '@raffia/contract/system-roles.ts';
import { accountRolesToGive, type Giver, mayGrantOn, projectRolesToGive } from './key-grants.ts';

const roles = systemRoles.map((role) => ({ ...role, permissions: [...role.permissions] }));
const held = (slug: string): readonly string[] => systemRoles.find((role) => role.slug === slug)?.permissions ?? [];
const giver = (account: string | undefined, projects: Readonly<Record<string, string>> = {}): Giver => ({
  isOwner: account === 'owner',
  holds: (name, project) =>
    name.startsWith('account.')
      ? account !== undefined && held(account).includes(name)
      : Object.entries(projects).some(
          ([id, slug]) => (project === undefined || project === id) && held(slug).includes(name),
        ),
});
const slugs = (list: readonly { slug: string }[]) => list.map(({ slug }) => slug);

test('nobody is offered an account role that can do more than they can', () => {
  assert.deepEqual(slugs(accountRolesToGive(roles, giver('owner'))), ['owner', 'admin', 'billing', 'member']);
  assert.deepEqual(slugs(accountRolesToGive(roles, giver('admin'))), ['admin', 'member']);
  assert.deepEqual(slugs(accountRolesToGive(roles, giver(undefined))), []);
  assert.ok(!accountRolesToGive(roles, { isOwner: false, holds: () => true }).some(({ id }) => id === ownerRoleId));
});

test('a role on projects is offered where it may be given on each of them', () => {
  const manager = giver(undefined, { a: 'project-admin', b: 'viewer' });
  assert.deepEqual([mayGrantOn('a', manager), mayGrantOn('b', manager)], [true, false]);
  assert.equal(mayGrantOn('b', giver('admin')), true);
  assert.equal(mayGrantOn('b', giver('member')), false);
  const all = ['project-admin', 'operator', 'project-member', 'viewer'];
  assert.deepEqual(slugs(projectRolesToGive(roles, ['a'], manager)), all);
  assert.deepEqual(slugs(projectRolesToGive(roles, ['a', 'b'], manager)), ['viewer']);
  assert.deepEqual(slugs(projectRolesToGive(roles, ['a', 'b'], giver('admin'))), all);
});
