import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { derivedFiles } from './derived-files.ts';
import { indexes } from './indexes.ts';

for (const [file, derive] of Object.entries({ ...indexes, ...derivedFiles })) {
  test(`${file} says what it is derived from (npm run derive writes it anew)`, async () => {
    assert.equal(readFileSync(join(import.meta.dirname, '..', file), 'utf8'), await derive());
  });
}
