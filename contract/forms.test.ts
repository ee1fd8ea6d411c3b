import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from './contract.ts';
import { formOf } from './forms.ts';
import { placesIn, type Schema } from './schema-shape.ts';

test('every string of every request has a form, so that no rule sees two spellings of one thing', () => {
  const formless: string[] = [];
  let count = 0;
  for (const { id, params, query, body } of operations) {
    for (const [part, schema] of Object.entries({ params, query, body })) {
      if (schema === undefined) continue;
      for (const { path, name, schema: found } of placesIn(schema as Schema, part)) {
        if (found.type !== 'string') continue;
        count++;
        if (formOf(name, found) === undefined) formless.push(`${id} ${part} ${path.join('.')}`);
      }
    }
  }
  assert.ok(count > 130, `only ${count} strings were looked at`);
  assert.deepEqual(formless, [], 'name a form in contract/forms.ts');
});
