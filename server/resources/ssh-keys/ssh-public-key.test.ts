import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { ApiError } from '../../foundation/api-error.ts';
import { parseSshPublicKey } from './ssh-public-key.ts';

const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
const field = (content: Buffer | string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(content));
  return Buffer.concat([length, Buffer.from(content)]);
};
const line = (type: string, ...fields: (Buffer | string)[]) =>
  `${type} ${Buffer.concat([field(type), ...fields.map(field)]).toString('base64')}`;
/** A positive number: with a zero before a first bit that is set. */
const number = (content: Buffer) => ((content[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), content]) : content);

const jwk = (key: KeyObject) => key.export({ format: 'jwk' });
const rsa = (bits: number) => {
  const { n, e } = jwk(generateKeyPairSync('rsa', { modulusLength: bits }).publicKey);
  return { e: number(bytes(e)), n: number(bytes(n)) };
};
const point = (namedCurve: string) => {
  const { x, y } = jwk(generateKeyPairSync('ec', { namedCurve }).publicKey);
  return Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
};

const ed = bytes(jwk(generateKeyPairSync('ed25519').publicKey).x);
const { e, n } = rsa(2048);
const small = rsa(1024);
const p256 = point('P-256');
const p384 = point('P-384');
const p521 = point('P-521');
const type256 = 'ecdsa-sha2-nistp256';
const offCurve = Buffer.from(p256);
offCurve[64] = (offCurve[64] as number) ^ 1;
const whole = line('ssh-ed25519', ed);

test('whole keys of every type are read', () => {
  const good: [string, string][] = [
    ['ssh-ed25519', whole],
    ['ssh-rsa', line('ssh-rsa', e, n)],
    [type256, line(type256, 'nistp256', p256)],
    ['ecdsa-sha2-nistp384', line('ecdsa-sha2-nistp384', 'nistp384', p384)],
    ['ecdsa-sha2-nistp521', line('ecdsa-sha2-nistp521', 'nistp521', p521)],
  ];
  for (const [type, text] of good) {
    for (const spelled of [text, `${text} who@laptop of two words`, `  ${text}\n`, text.replace(' ', '\t')]) {
      const key = parseSshPublicKey(spelled);
      assert.equal(key.type, type);
      assert.match(key.fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
    }
  }
});

const bad: [string, string, RegExp?][] = [
  ['without material', 'ssh-ed25519'],
  ['with a type alone inside', line('ssh-ed25519')],
  ['of 0 bytes', line('ssh-ed25519', Buffer.alloc(0))],
  ['of 31 bytes', line('ssh-ed25519', ed.subarray(1))],
  ['of 33 bytes', line('ssh-ed25519', Buffer.concat([ed, Buffer.from([1])]))],
  ['with a field too many', line('ssh-ed25519', ed, 'more')],
  [
    'with bytes after its end',
    `ssh-ed25519 ${Buffer.concat([Buffer.from(whole.split(' ')[1] ?? '', 'base64'), Buffer.from([0, 0])]).toString('base64')}`,
  ],
  ['that is cut off', whole.slice(0, -8)],
  ['with another type inside', whole.replace('ssh-ed25519', 'ssh-rsa')],
  ['with unclean base64', `${whole.slice(0, -1)}*`],
  ['of several lines', `${whole}\n${whole}`, /one line/],
  ['with an escape in its comment', `${whole} a\u001b[2Jb`, /one line/],
  ['of an unknown type', line('ssh-dss', ed), /must begin with one of/],
  ['that is private', '-----BEGIN OPENSSH PRIVATE KEY-----', /private key/],
  ['of RSA without a modulus', line('ssh-rsa', e)],
  ['of RSA with an empty modulus', line('ssh-rsa', e, Buffer.alloc(0)), /0 bits/],
  ['of RSA with a negative modulus', line('ssh-rsa', e, n.subarray(1)), /0 bits/],
  ['of RSA with a padded modulus', line('ssh-rsa', e, Buffer.concat([Buffer.alloc(2), n])), /0 bits/],
  ['of RSA with an even modulus', line('ssh-rsa', e, Buffer.concat([n.subarray(0, -1), Buffer.from([2])]))],
  ['of RSA with exponent 1', line('ssh-rsa', Buffer.from([1]), n)],
  ['of RSA with exponent 4', line('ssh-rsa', Buffer.from([4]), n)],
  ['of RSA with a huge exponent', line('ssh-rsa', n, n)],
  ['of RSA with 1024 bits', line('ssh-rsa', small.e, small.n), /1024 bits.*2048/],
  ['of RSA with 16392 bits', line('ssh-rsa', e, number(Buffer.alloc(2049, 0xff))), /16392 bits/],
  ['of RSA with a field too many', line('ssh-rsa', e, n, 'more')],
  ['of a curve that its inside does not name', line(type256, 'nistp384', p256)],
  ['of a curve with another curve’s point', line(type256, 'nistp256', p384)],
  ['of a curve with a point that is not on it', line(type256, 'nistp256', offCurve)],
  [
    'of a curve with a compressed point',
    line(type256, 'nistp256', Buffer.concat([Buffer.from([2]), p256.subarray(1, 33)])),
  ],
  ['of a curve with the point at infinity', line(type256, 'nistp256', Buffer.from([0]))],
  ['of a curve without a point', line(type256, 'nistp256')],
  ['of a curve with a field too many', line(type256, 'nistp256', p256, 'more')],
];

for (const [what, text, sentence = /cut off or damaged/] of bad) {
  test(`a key ${what} is refused with a sentence`, () => {
    assert.throws(
      () => parseSshPublicKey(text),
      (error) => error instanceof ApiError && error.status === 400 && sentence.test(error.message),
      text.slice(0, 80),
    );
  });
}
