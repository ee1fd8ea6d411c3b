import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secrets } from './secrets.ts';

test('what is sealed under a credential opens with that credential and this server secret alone', () => {
  const secrets = new Secrets(Buffer.alloc(32, 1));
  const sealed = secrets.sealUnder('session token', 'answer', 'a new key');
  assert.equal(secrets.openUnder('session token', 'answer', sealed), 'a new key');
  assert.throws(() => secrets.openUnder('another token', 'answer', sealed));
  assert.throws(() => secrets.openUnder('session token', 'another purpose', sealed));
  const reader = new Secrets(Buffer.alloc(32, 2));
  assert.throws(() => reader.openUnder('session token', 'answer', sealed), 'the token in the database is not enough');
});
