import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../foundation/api-error.ts';
import { parseJsonBody } from './json-body.ts';

const parse = (text: string) => parseJsonBody(Buffer.from(text));
const refusal = (pattern: RegExp) => (error: unknown) => error instanceof ApiError && pattern.test(error.message);

test('190,000 objects are refused before anything is made of them, with an escape among them or without', () => {
  const objects = (first: string) => `[${first}${',{}'.repeat(190_000)}]`;
  for (const text of [objects('1'), objects('"\\u0041"')]) assert.throws(() => parse(text), refusal(/5000 values/));
});

test('as many values as are allowed are looked at to the last, and no commas in texts are counted', () => {
  const values = (last: string) => `[${'1,'.repeat(4990)}${last}]`;
  assert.throws(() => parse(values('"\\u0000"')), refusal(/NUL/));
  assert.throws(() => parse(values('"\\ud800"')), refusal(/surrogate/));
  assert.throws(() => parse(values('{"a\\u0000":1}')), refusal(/NUL/));
  assert.throws(() => parse(values('{"__proto__":1}')), refusal(/__proto__/));
  assert.throws(() => parse(values('{"\\u005f_proto__":1}')), refusal(/__proto__/));
  assert.throws(() => parse(values('{"constructor":{}}')), refusal(/constructor/));
  assert.equal((parse(values('"\\u0041"')) as unknown[]).length, 4991);
  assert.deepEqual(parse(`["${',['.repeat(20_000)}"]`), [',['.repeat(20_000)]);
});
