import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { sshPublicKey, TestServer } from '../../testing/test-server.ts';
import { parseSshPublicKey } from './ssh-public-key.ts';

let server: TestServer;
const path = '/api/v1/ssh-keys';
const owner = (method: string, at: string, body?: unknown) =>
  server.call(server.owner, method, at, body === undefined ? {} : { body });
const add = (public_key: unknown, name = 'key') => owner('POST', path, { name, public_key });

before(async () => {
  server = await TestServer.start();
});
after(() => server.stop());

test('a key comes back byte for byte, also with a comment and an end of line', async () => {
  const public_key = `${sshPublicKey('me@host with words')}\n`;
  const made = await add(public_key);
  assert.equal(made.status, 201, made.text);
  assert.deepEqual([made.body.data.public_key, made.body.data.key_type], [public_key, 'ssh-ed25519']);
  assert.equal((await owner('GET', `${path}/${made.body.data.id}`)).body.data.public_key, public_key);
});

test('the same key material stands once in an account, whatever its comment', async () => {
  const public_key = sshPublicKey('one');
  assert.equal((await add(public_key)).status, 201);
  assert.equal((await add(public_key.replace('one', 'two'))).status, 400);
  const other = await server.account('Keys');
  const theirs = await server.call({ key: other.api_key }, 'POST', path, { body: { name: 'x', public_key } });
  assert.equal(theirs.status, 201);
});

for (const [what, text] of [
  ['nothing', ''],
  ['a word', 'hello'],
  ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
  ['a type that does not match its data', sshPublicKey().replace('ssh-ed25519', 'ssh-rsa')],
  ['a type that is not supported', sshPublicKey().replace('ssh-ed25519', 'ssh-dss')],
  ['data cut short', sshPublicKey().slice(0, 40)],
  ['two keys', `${sshPublicKey()}\n${sshPublicKey()}`],
] as const) {
  test(`${what} is refused as a key`, async () => {
    const reply = await add(text);
    assert.equal(reply.status, 400, reply.text);
  });
}

test('only the name can be changed, and a deletion answers with what was deleted', async () => {
  const made = (await add(sshPublicKey())).body.data;
  const changed = await owner('PUT', `${path}/${made.id}`, { name: 'renamed', public_key: sshPublicKey() });
  assert.deepEqual([changed.body.data.name, changed.body.data.public_key], ['renamed', made.public_key]);
  assert.equal((await owner('PUT', `${path}/${made.id}`, { name: '' })).status, 400);
  const gone = await owner('DELETE', `${path}/${made.id}`);
  assert.equal(gone.body.data.id, made.id);
  assert.equal((await owner('DELETE', `${path}/${made.id}`)).status, 404);
});

test('RSA and ECDSA keys are read for what they are', () => {
  const field = (bytes: Buffer | string) => {
    const data = Buffer.from(bytes as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, data]);
  };
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const number = (text = '') => Buffer.concat([Buffer.from([0]), Buffer.from(text, 'base64url')]);
  const blob = Buffer.concat([field('ssh-rsa'), field(Buffer.from(rsa.e ?? '', 'base64url')), field(number(rsa.n))]);
  assert.equal(parseSshPublicKey(`ssh-rsa ${blob.toString('base64')} x`).type, 'ssh-rsa');
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(ec.x ?? '', 'base64url'),
    Buffer.from(ec.y ?? '', 'base64url'),
  ]);
  const ecBlob = Buffer.concat([field('ecdsa-sha2-nistp256'), field('nistp256'), field(point)]);
  assert.equal(parseSshPublicKey(`ecdsa-sha2-nistp256 ${ecBlob.toString('base64')}`).type, 'ecdsa-sha2-nistp256');
});

test('anybody of the account reads keys, only whoever manages its settings changes them', async () => {
  const billing = await server.key({ account: 'billing' });
  assert.equal((await server.call(billing, 'GET', path)).status, 200);
  const refused = await server.call(billing, 'POST', path, { body: { name: 'x', public_key: sshPublicKey() } });
  assert.deepEqual([refused.status, refused.body.message], [403, 'permission denied: account.settings.manage']);
});
