import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passkeyObstacle } from './passkey-obstacle.ts';

const at = (url: string, domain: string | undefined, isSupported = true) =>
  passkeyObstacle(domain, { ...plain(new URL(url)), isSupported });
const plain = ({ protocol, hostname }: URL) => ({ protocol, hostname });

test('passkeys work at the name that the server makes them for', () => {
  assert.equal(at('https://cloud.example.com/me', 'cloud.example.com'), undefined);
  assert.equal(at('http://localhost:3000/me', 'localhost'), undefined);
  assert.equal(at('http://cloud.localhost/me', 'cloud.localhost'), undefined);
});

test('where they do not, the reason and what to do are said', () => {
  const cases: [string, string | undefined, RegExp][] = [
    ['http://127.0.0.1:3000', 'localhost', /127\.0\.0\.1 is a number\. Ask/],
    ['https://192.0.2.7', undefined, /192\.0\.2\.7 is a number\. Ask/],
    ['https://[2001:db8::7]:8443', undefined, /\[2001:db8::7\] is a number\. Ask/],
    ['http://cloud.example.com', undefined, /only http\. Ask/],
    ['http://notlocalhost', undefined, /only http\. Ask/],
    ['https://cloud.example.com', 'localhost', /set publicUrl/],
  ];
  for (const [url, domain, said] of cases) assert.match(at(url, domain) ?? '', said, url);
  assert.match(at('https://cloud.example.com', 'cloud.example.com', false) ?? '', /newer one/);
});
