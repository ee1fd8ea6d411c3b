import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from './contract.ts';
import { placesIn, type Schema } from './schema-shape.ts';

const text: Schema = { type: 'string' };

test('a walk sees every schema below another, by its way and under the name that decides its form', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      tags: { type: 'array', items: text },
      note: { anyOf: [text, { type: 'null' }] },
      when: { type: ['string', 'null'], format: 'date-time' },
      disks: { type: 'array', items: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
  };
  const seen = [...placesIn(schema, 'body')].map(({ path, name, schema: { type }, isItem }) =>
    [path.join('.'), name, type, isItem ? 'item' : ''].join(' '),
  );
  assert.deepEqual(seen, [
    ' body object ',
    'tags tags array ',
    'tags.0 tags string item',
    'note note  ',
    'note note string ',
    'note note null ',
    'when when string,null ',
    'when when string ',
    'when when null ',
    'disks disks array ',
    'disks.0 disks object item',
    'disks.0.size size integer ',
  ]);
});

test('what no walk looks into is refused, and no operation has it', () => {
  for (const keyword of ['oneOf', 'allOf', '$ref']) {
    const planted = { type: 'object', properties: { name: { [keyword]: [text] } } } as Schema;
    assert.throws(
      () => [...placesIn(planted, 'body')],
      ({ message }: Error) => message.startsWith(`A schema has ${keyword},`),
    );
  }
  let looked = 0;
  for (const { params, query, body, answer } of operations) {
    for (const schema of [params, query, body, answer]) {
      if (schema !== undefined) looked += [...placesIn(schema as Schema, '')].length;
    }
  }
  assert.ok(looked > 1000, `${looked} schemas`);
});
