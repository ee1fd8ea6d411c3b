import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIKey, Member, ProjectMember } from '@raffia/client/client.ts';
import { compareRoles, roleUse, wordsOfUse } from './roles.ts';

const held = (email: string, role_id: string, status: Member['status'] = 'active') =>
  ({ id: email, email, role_id, status }) as Member & ProjectMember;
const project = { id: 'p', name: 'Default', slug: 'default' };

test('who has a role is counted once, keys as keys and invitations as such', () => {
  const use = roleUse('viewer', {
    members: [held('anna@example.com', 'admin'), held('key-1@apikeys.invalid', 'viewer')],
    grants: [
      { project, held: held('anna@example.com', 'viewer') },
      { project: { ...project, id: 'q' }, held: held('Anna@example.com', 'viewer') },
      { project, held: held('new@example.com', 'viewer', 'pending') },
      { project, held: held('key-2@apikeys.invalid', 'viewer') },
    ],
    keys: [
      { id: '1', role_id: 'viewer' },
      { id: '2', project_accesses: [{ role_id: 'viewer' }] },
      { id: '3', role_id: 'admin' },
    ] as APIKey[],
  });
  assert.deepEqual(use, { members: 1, invitations: 1, keys: 2 });
  assert.equal(wordsOfUse(use), '1 member, 1 invitation and 2 API keys');
  assert.equal(wordsOfUse({ members: 2, invitations: 0, keys: 1 }), '2 members and 1 API key');
  assert.equal(wordsOfUse({ members: 0, invitations: 0, keys: 0 }), undefined);
});

test('two roles differ in what each has more', () => {
  assert.deepEqual(compareRoles({ permissions: ['a', 'b'] }, { permissions: ['b', 'c', 'd'] }), {
    more: ['a'],
    less: ['c', 'd'],
  });
});
