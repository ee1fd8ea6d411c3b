import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { personVerbs } from '@raffia/contract/enums.ts';
import { resourceOf, resources } from '@raffia/contract/resources.ts';
import { vmWorkflows } from '../resources/vms/vm-workflows.ts';

test('every operation that writes says what it changes: its audit verb begins with a kind of resource, or is one of a person', () => {
  let writes = 0;
  for (const { id, audit } of operations) {
    if (audit === undefined || personVerbs.some((verb) => verb === audit)) continue;
    assert.doesNotThrow(() => resourceOf(audit), id);
    writes++;
  }
  assert.ok(writes >= 45, `${writes} operations`);
});

test('so does all work that goes on behind', () => {
  const kinds = Object.keys(vmWorkflows);
  assert.ok(kinds.length >= 13);
  for (const kind of kinds) assert.doesNotThrow(() => resourceOf(kind), kind);
});

test('no two kinds of resource share a noun', () => {
  const nouns = Object.values(resources).map(({ noun }) => noun);
  assert.equal(new Set(nouns).size, nouns.length, 'give each its own in contract/resources.ts');
});

test('whatever is named to be read anew after a change is the name of a query', () => {
  const folder = join(import.meta.dirname, '../../dashboard');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !file.startsWith('node_modules') && !file.startsWith('dist'),
  );
  const pages = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const queries = new Set(
    [...pages.matchAll(/useList\('([\w-]+)'|\[account\.id, '([\w-]+)'|sessionKey = \['([\w-]+)'/g)].map(
      ([, list, query, session]) => list ?? query ?? session,
    ),
  );
  assert.ok(queries.size >= 15, `${queries.size} queries`);
  for (const [kind, { shownIn }] of Object.entries(resources)) {
    for (const name of shownIn) {
      assert.ok(
        queries.has(name),
        `${kind}: no query of dashboard/ is named ${name}; mend shownIn in contract/resources.ts`,
      );
    }
  }
});
