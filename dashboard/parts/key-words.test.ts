import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionCatalogue, permissionsOf } from '@raffia/contract/permission-catalogue.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { abilitiesOf, reachOf, warningsOf } from './key-words.ts';

const held = (slug: string) => systemRoles.find((role) => role.slug === slug)?.permissions ?? [];
const lines = (names: readonly string[]) => abilitiesOf(names).map(({ things, verbs }) => `${things}: ${verbs}`);

test('every permission has its words, and each adds a word of its own', () => {
  let tried = 0;
  for (const { name, category } of permissionCatalogue) {
    const [alone] = abilitiesOf([name]);
    assert.match(`${alone?.things}: ${alone?.verbs}`, /^[A-Z][\w ]+: [A-Z][a-z ]+$/, name);
    const others = permissionCatalogue.filter((one) => one.category === category).map((one) => one.name);
    const [all] = abilitiesOf(others);
    const [without] = abilitiesOf(others.filter((one) => one !== name));
    assert.notEqual(all?.verbs, without?.verbs, name);
    tried++;
  }
  assert.equal(tried, 61);
});

test('what a role lets a key do is said a line for each kind of thing, and nothing else', () => {
  assert.deepEqual(lines(['vm.power', 'vm.view', 'ip.attach']), [
    'VMs: View, start and stop',
    'Public IPs: Attach and detach',
  ]);
  assert.deepEqual(lines(held('billing')), ['Billing: View, change']);
  assert.ok(lines(held('operator')).includes('VMs: View, create, start and stop, change, open the console'));
  assert.deepEqual(lines(['no.such']), []);
});

test('what is lost by a key, and what gives others access, is warned of; what only looks is not', () => {
  assert.deepEqual(warningsOf(held('viewer')), []);
  assert.deepEqual(warningsOf(held('project-member')), []);
  assert.deepEqual(warningsOf(held('operator')), ['Can overwrite disks from snapshots and backups']);
  assert.deepEqual(warningsOf(['vm.delete']), ['Can delete VMs']);
  assert.deepEqual(warningsOf(held('project-admin')), [
    'Can delete VMs, VPCs, volumes, snapshots, backups and firewall groups',
    'Can remove project members',
    'Can release public IPs',
    'Can overwrite disks from snapshots and backups',
    'Can give people and keys access',
  ]);
  assert.deepEqual(warningsOf(held('admin')), [
    'Can give people and keys access',
    'Can create more API keys',
    'Can regenerate API keys and read their secrets',
  ]);
});

test('every permission that deletes, removes, revokes or releases is warned of', () => {
  const losing = permissionCatalogue.filter(({ name }) => /\.(delete|remove|revoke|release)$/.test(name));
  for (const { name } of losing) assert.equal(warningsOf([name]).length, 1, name);
  assert.ok(losing.length >= 12, String(losing.length));
});

test('where a key can do something: in the projects that are chosen by name, in the account, or everywhere', () => {
  const of = (chosen: Partial<Parameters<typeof reachOf>[0]>) =>
    reachOf({ isOwner: false, accountRole: undefined, projectRole: undefined, projects: [], ...chosen }).map(
      ({ title, held: names, of: all }) => [title, names.length, all],
    );
  const [viewer, billing] = [{ permissions: held('viewer') }, { permissions: held('billing') }];
  assert.deepEqual(of({}), []);
  // A role without a project, and a project without a role, give nothing.
  assert.deepEqual(of({ projectRole: viewer }), []);
  assert.deepEqual(of({ projects: ['Default'] }), []);
  assert.deepEqual(of({ projectRole: viewer, projects: ['Default', 'Customers'], accountRole: billing }), [
    ['In Default, Customers', 9, 40],
    ['In this account', 2, 21],
  ]);
  assert.deepEqual(of({ isOwner: true }), [
    ['In this account', permissionsOf('account').length, 21],
    ['In all projects, current and future', permissionsOf('project').length, 40],
  ]);
});
