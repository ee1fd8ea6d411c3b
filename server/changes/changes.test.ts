import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { operations } from '@raffia/contract/contract.ts';
import { personVerbs } from '@raffia/contract/enums.ts';
import { type ChangeKind, type Resource, resourceOf, resources } from '@raffia/contract/resources.ts';
import type { Transaction } from '../database/transaction.ts';
import { allWorkflows } from '../resources/all-workflows.ts';
import { Changes } from './changes.ts';
import { Events } from './events.ts';

const isOfPerson = (audit: string) => personVerbs.some((verb) => verb === audit);

test('every operation that writes says what it changes: its audit verb begins with a kind of resource, or is one of a person', () => {
  let writes = 0;
  for (const { id, audit } of operations) {
    if (audit === undefined || isOfPerson(audit)) continue;
    assert.doesNotThrow(() => resourceOf(audit), id);
    writes++;
  }
  assert.ok(writes >= 45, `${writes} operations`);
});

test('so does all work that goes on behind', () => {
  const kinds = Object.keys(allWorkflows);
  assert.ok(kinds.length >= 13);
  for (const kind of kinds) assert.doesNotThrow(() => resourceOf(kind), kind);
});

test('what lies in a project changes with its project named, or not at all', () => {
  let inProjects = 0;
  for (const { id, audit, project, access } of operations) {
    if (audit === undefined || isOfPerson(audit)) continue;
    // Operators are of no account: what they do names account and project itself, and is refused below where it does not.
    if (access.who === 'operator') continue;
    if ((resourceOf(audit) as Resource).project !== 'project_id') continue;
    assert.match(project, /^(header|path|resource)$/, `${id}: nobody but the Owner could be told`);
    inProjects++;
  }
  assert.ok(inProjects >= 25, `${inProjects} operations`);
  const tx = { onSettled: () => {}, onCommitted: () => {} } as unknown as Transaction;
  const changes = new Changes({} as never, new Events());
  for (const { noun, project } of Object.values(resources) as (Resource & { noun: ChangeKind })[]) {
    const say = (id: string | null) => () => changes.said(tx, { kind: noun, accountId: 'a', id, projectId: null });
    if (project === 'project_id') assert.throws(say('id'), /in no project/, noun);
    else assert.doesNotThrow(say('id'), noun);
  }
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
    [...pages.matchAll(/useList\('\w+', '([\w-]+)'|\[account\.id, '([\w-]+)'|sessionKey = \['([\w-]+)'/g)].map(
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
