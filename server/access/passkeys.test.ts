import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passkeyDomain } from './passkeys.ts';

test('passkeys are for the name of the public address, where browsers take it for one', () => {
  const cases: [string | null, string | undefined][] = [
    [null, 'localhost'],
    ['https://cloud.example.com', 'cloud.example.com'],
    ['https://Cloud.Example.com:8443', 'cloud.example.com'],
    ['http://localhost:3000', 'localhost'],
    ['http://cloud.localhost', 'cloud.localhost'],
    ['http://cloud.example.com', undefined],
    ['http://notlocalhost', undefined],
    ['https://192.0.2.7', undefined],
    ['https://[2001:db8::7]:8443', undefined],
    ['http://127.0.0.1:3000', undefined],
  ];
  for (const [publicUrl, domain] of cases) assert.equal(passkeyDomain(publicUrl), domain, `${publicUrl}`);
});
