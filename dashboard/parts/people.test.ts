import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Member, ProjectMember } from '@raffia/client/client.ts';
import { accessOf, type Grant, keyIdOf, keysLeft, peopleOf } from './people.ts';

const member = (email: string, more: Partial<Member> = {}): Member => ({
  id: `member ${email}`,
  email,
  user_id: `user ${email.toLowerCase()}`,
  role: 'admin',
  role_name: 'Admin',
  status: 'active',
  ...more,
});
const grant = (email: string, project: string, role: string, more: Partial<ProjectMember> = {}): Grant => ({
  project: { id: project, name: project, slug: project.toLowerCase() },
  held: {
    id: `${email} in ${project}`,
    email,
    user_id: `user ${email.toLowerCase()}`,
    role_name: role,
    status: 'active',
    ...more,
  },
});

test('somebody is one entry, whatever they have and wherever they are invited; the Owner comes first, keys last', () => {
  const people = peopleOf(
    [
      member('key-7@apikeys.invalid', { user_id: null }),
      member('zoe@example.com'),
      member('Anna@example.com', { user_id: null, status: 'pending' }),
      member('owner@example.com', { role: 'owner', role_name: 'Owner' }),
    ],
    [
      grant('zoe@example.com', 'Staging', 'Viewer'),
      grant('anna@example.com', 'Default', 'Operator'),
      grant('zoe@example.com', 'Default', 'Operator'),
      grant('only@example.com', 'Default', 'Viewer', { status: 'suspended' }),
      grant('only@example.com', 'Staging', 'Viewer', { status: 'pending' }),
      grant('key-8@apikeys.invalid', 'Default', 'Viewer', { user_id: null }),
    ],
  );
  assert.deepEqual(
    people.map(({ email, status, grants }) => `${email} ${status} ${grants.map(({ project }) => project.name)}`),
    [
      'owner@example.com active ',
      'Anna@example.com pending Default',
      'only@example.com suspended Default,Staging',
      'zoe@example.com active Default,Staging',
      'key-7@apikeys.invalid active ',
    ],
  );
  assert.deepEqual(people.map(accessOf), [
    'Owner · everything',
    'Admin · Operator in Default',
    'Viewer in Default and Staging',
    'Admin · Operator in Default, Viewer in Staging',
    'Admin',
  ]);
  assert.equal(people[1]?.userId, 'user anna@example.com');
  assert.equal(keyIdOf({ email: 'key-7@apikeys.invalid' }), '7');
});

test('many projects are counted, and a key may have the role of the Owner', () => {
  const names = ['A', 'B', 'C'].map((name) => grant('zoe@example.com', name, 'Viewer'));
  assert.deepEqual(peopleOf([], names).map(accessOf), ['Viewer in 3 projects']);
  const key = member('key-7@apikeys.invalid', { user_id: null, role: 'owner', role_name: 'Owner' });
  assert.deepEqual(peopleOf([key], []).map(accessOf), ['Owner · everything']);
  assert.equal(keysLeft([]), undefined);
  assert.equal(keysLeft(['ci']), 'The API key they created keeps working: ci.');
  assert.equal(keysLeft(['ci', 'backup']), 'The 2 API keys they created keep working: ci, backup.');
});
