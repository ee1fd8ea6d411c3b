import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, find } from './find.ts';

const entry = (group: string, label: string, more: Partial<Entry> = {}): Entry => ({
  id: `${group} ${label}`,
  group,
  label,
  address: `/${label}`,
  ...more,
});

const entries = [
  entry('Go to', 'Virtual machines'),
  entry('Go to', 'Audit log'),
  entry('VMs', 'db-main', { hint: 'Production', words: ['198.18.0.7', '0b1c', 'postgres'] }),
  entry('VMs', 'main'),
  entry('VMs', 'domain-eu'),
  entry('VMs', 'web'),
  entry('People', 'Maia Lind', { hint: 'maia@example.com' }),
];

const names = (query: string, each = 10) =>
  find(entries, query, each).map(({ group, entries: found }) => [group, ...found.map(({ label }) => label)]);

test('without a word all is there, in its order, so many of a group', () => {
  assert.deepEqual(find(entries, '  ', 2), [
    { group: 'Go to', entries: entries.slice(0, 2), more: 0 },
    { group: 'VMs', entries: entries.slice(2, 4), more: 2 },
    { group: 'People', entries: entries.slice(6), more: 0 },
  ]);
});

for (const [query, expected] of [
  ['main', [['VMs', 'main', 'db-main', 'domain-eu']]],
  [
    'MAI',
    [
      ['VMs', 'main', 'db-main', 'domain-eu'],
      ['People', 'Maia Lind'],
    ],
  ],
  ['198.18.0', [['VMs', 'db-main']]],
  ['0b1c', [['VMs', 'db-main']]],
  ['main  production', [['VMs', 'db-main']]],
  ['postgres', [['VMs', 'db-main']]],
  ['maia@', [['People', 'Maia Lind']]],
  ['dbm', [['VMs', 'db-main']]],
  ['virtu', [['Go to', 'Virtual machines']]],
  ['machines', [['Go to', 'Virtual machines']]],
  ['mdb', []],
  ['nothing of that name', []],
] as const) {
  test(`${JSON.stringify(query)} finds ${expected.length === 0 ? 'nothing' : expected.flat().join(', ')}`, () => {
    assert.deepEqual(names(query), expected);
  });
}

test('the group with the best comes first', () => {
  assert.deepEqual(names('web')[0], ['VMs', 'web']);
  assert.deepEqual(names('audit')[0], ['Go to', 'Audit log']);
});
