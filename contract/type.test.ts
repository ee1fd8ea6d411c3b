import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as TypeBox } from 'typebox';
import { Type } from './type.ts';

/** A schema of each kind, with and without options, as one builder or the other makes it. */
function examples({
  Array: list,
  Boolean: boolean,
  Enum,
  Integer,
  Null,
  Number: number,
  Object: object,
  Optional,
  Record: record,
  String: string,
  Union,
  Unknown,
}: typeof Type): Record<keyof typeof Type, unknown[]> {
  const closed = { additionalProperties: false, description: 'closed' };
  const inner = object({ name: string(), note: Optional(string({ maxLength: 7, 'x-also': 'nothing' })) }, closed);
  const copied = object({ ...inner.properties, list: Optional(list(inner)) });
  return {
    Array: [list(string()), list(inner, { minItems: 1, uniqueItems: true })],
    Boolean: [boolean(), boolean({ default: true })],
    Enum: [Enum(['a', 'b']), Enum(['a'], { type: 'string' })],
    Integer: [Integer(), Integer({ minimum: 1, maximum: 5 })],
    Null: [Null(), Null({ description: 'nothing' })],
    Number: [number(), number({ minimum: 0 })],
    Object: [object({}), object({ a: Optional(number()) }), inner, copied],
    Optional: [Optional(Optional(inner)), Optional(Enum(['a'])), object({ twice: Optional(Optional(string())) })],
    Record: [record(string(), Unknown()), record(string(), inner, { maxProperties: 2 })],
    String: [string(), string({ format: 'uuid' }), string({ type: 'other' })],
    Union: [Union([string(), Null()]), Union([inner, Null()], { description: 'either' })],
    Unknown: [Unknown(), Unknown({ description: 'whatever' })],
  };
}

test('each kind of schema is what TypeBox makes of the same, to the letter', () => {
  const ours = examples(Type);
  const theirs = examples(TypeBox);
  assert.deepEqual(Object.keys(ours), Object.keys(Type).toSorted(), 'every kind has examples');
  for (const kind of Object.keys(ours) as (keyof typeof Type)[]) {
    assert.ok(ours[kind].length >= 2, kind);
    assert.equal(JSON.stringify(ours[kind]), JSON.stringify(theirs[kind]), kind);
  }
});

test('whether a property may be left out goes with it into another object, and is not written down', () => {
  const { properties } = Type.Object({ may: Type.Optional(Type.String()), must: Type.String() });
  assert.deepEqual(Type.Object({ ...properties, more: Type.Null() }).required, ['must', 'more']);
  assert.deepEqual({ ...properties.may }, { type: 'string' });
  const shared = Type.String();
  Type.Optional(shared);
  assert.deepEqual(Type.Object({ shared }).required, ['shared'], 'the schema that was given is as it was');
});
