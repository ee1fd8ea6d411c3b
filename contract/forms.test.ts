import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from './contract.ts';
import { formOf } from './forms.ts';

interface Schema {
  type?: string;
  format?: string;
  enum?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
}

/** Every string that a request may bring, with the place where it stands. */
function* strings(schema: Schema | undefined, field: string, place: string): Generator<[string, string, Schema]> {
  if (schema === undefined) return;
  if (schema.type === 'string') yield [place, field, schema];
  for (const [name, part] of Object.entries(schema.properties ?? {})) yield* strings(part, name, `${place}.${name}`);
  yield* strings(schema.items, field, `${place}[]`);
  for (const part of schema.anyOf ?? []) yield* strings(part, field, place);
}

test('every string of every request has a form, so that no rule sees two spellings of one thing', () => {
  const formless: string[] = [];
  let count = 0;
  for (const { id, params, query, body } of operations) {
    for (const [part, schema] of Object.entries({ params, query, body })) {
      for (const [place, field, found] of strings(schema as Schema | undefined, part, `${id} ${part}`)) {
        count++;
        if (formOf(field, found) === undefined) formless.push(place);
      }
    }
  }
  assert.ok(count > 130, `only ${count} strings were looked at`);
  assert.deepEqual(formless, [], 'name a form in contract/forms.ts');
});
