import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, dayNamed, movedTo, patternOf, projectNamed, readAddress, wordOf } from './addresses.ts';

const place = { account: 'a-1', project: 'production' };

test('an address names account, project and page, and is read as it was written', () => {
  assert.equal(addressOf('project', place), '/a/a-1/p/production');
  assert.equal(addressOf('project', place, 'vms/7?tab=x'), '/a/a-1/p/production/vms/7?tab=x');
  assert.equal(addressOf('account', place, 'api-keys'), '/a/a-1/api-keys');
  assert.equal(addressOf('person', place, 'me'), '/me');
  assert.equal(addressOf('operator', place, 'accounts/7'), '/operator/accounts/7');
  assert.equal(addressOf('operator', place), '/operator');
  assert.equal(patternOf('project', 'vms/:id'), '/a/:account/p/:project/vms/:id');
  for (const [within, path] of [
    ['project', ''],
    ['project', 'vms/7'],
    ['account', 'team/roles'],
    ['account', ''],
  ] as const) {
    const read = readAddress(addressOf(within, place, path));
    assert.equal(read.path, path);
    assert.equal(read.account, 'a-1');
    assert.equal(read.project, within === 'project' ? 'production' : undefined);
  }
  assert.deepEqual(readAddress('/me'), { path: 'me' });
  assert.deepEqual(readAddress('/a/a-1/p/all/vms/'), { account: 'a-1', project: 'all', path: 'vms' });
});

test('a project is found by its slug or its id, and never by the word for all', () => {
  const projects = [
    { id: 'p-1', slug: 'production' },
    { id: 'p-2', slug: 'all' },
  ];
  assert.equal(projectNamed(projects, 'production')?.id, 'p-1');
  assert.equal(projectNamed(projects, 'p-2')?.id, 'p-2');
  assert.equal(projectNamed(projects, 'all'), undefined);
  assert.equal(projectNamed(projects, 'elsewhere'), undefined);
  assert.equal(wordOf(undefined), 'all');
  for (const project of projects) assert.equal(projectNamed(projects, wordOf(project)), project);
});

test('an address from before leads to where its page is now', () => {
  const pages = [
    { within: 'project', path: '' },
    { within: 'project', path: 'vms/:id' },
    { within: 'account', path: 'api-keys' },
    { within: 'account', path: 'team/:tab' },
    { within: 'account', path: 'settings' },
    { within: 'person', path: 'me' },
    { within: 'operator', path: 'accounts' },
  ] as const;
  const moved = (path: string) => movedTo(path, pages, place);
  assert.equal(moved('/'), '/a/a-1/p/production');
  assert.equal(moved('/vms/new'), '/a/a-1/p/production/vms/new');
  assert.equal(moved('/api-keys/3'), '/a/a-1/api-keys/3');
  assert.equal(moved('/team'), '/a/a-1/team/members');
  assert.equal(moved('/settings'), '/me');
  assert.equal(moved('/no-such-page'), undefined);
  assert.equal(moved('/accounts'), undefined, 'operators had no pages before');
});

test('a day in an address is a day of the calendar, or none', () => {
  for (const day of ['2026-11-24', '2028-02-29']) assert.equal(dayNamed(day), day);
  for (const word of [null, '', 'yesterday', '2026-11-24T00:00', '2026-02-30', '2026-13-01', '26-11-24'])
    assert.equal(dayNamed(word), '', String(word));
});
