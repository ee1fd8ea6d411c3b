import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionCatalogue } from '@raffia/contract/permission-catalogue.ts';
import { permissionGroups, permissionsIn, titleOf } from './permission-groups.ts';

test('every permission of a scope stands in one group, under a title that is a word', () => {
  for (const [scope, count] of [
    ['account', 21],
    ['project', 40],
  ] as const) {
    const groups = permissionGroups(scope);
    assert.equal(groups.flatMap(({ entries }) => entries).length, count);
    assert.equal(permissionsIn(scope).length, count);
    assert.equal(new Set(groups.map(({ title }) => title)).size, groups.length);
    for (const { title } of groups) assert.match(title, /^[A-Z][A-Za-z ]+$/);
  }
  assert.equal(titleOf('apikeys'), 'API keys');
  assert.equal(titleOf('project_members'), 'Project members');
});

test('a search finds names, descriptions and categories, and nothing of the other scope', () => {
  const found = (text: string) =>
    permissionGroups('account', text).flatMap(({ entries }) => entries.map(({ name }) => name));
  assert.deepEqual(found(' ROLES.view '), ['account.roles.view']);
  assert.equal(found('api key').length, 4);
  assert.deepEqual(found('vm.create'), []);
  assert.ok(permissionCatalogue.some(({ name }) => name === 'vm.create'));
});
