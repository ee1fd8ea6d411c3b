import { createPublicKey, hash } from 'node:crypto';
import { invalid } from '../../foundation/api-error.ts';

/** The curve of each elliptic key: as OpenSSH names it, as JSON Web Keys do, and the bytes of a coordinate. */
const curves = {
  'ecdsa-sha2-nistp256': { ssh: 'nistp256', jwk: 'P-256', bytes: 32 },
  'ecdsa-sha2-nistp384': { ssh: 'nistp384', jwk: 'P-384', bytes: 48 },
  'ecdsa-sha2-nistp521': { ssh: 'nistp521', jwk: 'P-521', bytes: 66 },
} as const;

export const sshKeyTypes = [
  'ssh-rsa',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
] as const;

export type SshKeyType = (typeof sshKeyTypes)[number];

export interface SshPublicKey {
  readonly type: SshKeyType;
  /** SHA-256 of the key material, base64 without padding, as OpenSSH shows it. */
  readonly fingerprint: string;
}

/** A shorter modulus can be factored by who is rich, and a longer one is refused by OpenSSH. */
const rsaBits = { least: 2048, most: 16_384 };

/**
 * Reads a public key in OpenSSH's one-line form: type, base64 of the key, optional comment. The key is read to its end, so that what
 * is stored is one that a machine will take.
 *
 * @throws ApiError 400 with what is wrong
 */
export function parseSshPublicKey(text: string): SshPublicKey {
  const trimmed = text.trim();
  if (/PRIVATE KEY/.test(trimmed))
    throw invalid('public_key holds a private key; send the .pub file and keep the private key secret');
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(trimmed.replaceAll('\t', ' '))) throw invalid('public_key must be one line');
  const [name, material = ''] = trimmed.split(/[ \t]+/);
  const type = sshKeyTypes.find((known) => known === name);
  if (type === undefined) throw invalid(`The SSH public key must begin with one of: ${sshKeyTypes.join(', ')}`);
  const blob = Buffer.from(material, 'base64');
  // Written back, it must be what came: base64 has more than one spelling of the last bits.
  if (blob.toString('base64') !== material) throw damaged();
  const [inner, ...fields] = fieldsOf(blob);
  if (inner?.toString('latin1') !== type) throw damaged();
  check(type, fields);
  return { type, fingerprint: `SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}` };
}

function check(type: SshKeyType, fields: readonly Buffer[]): void {
  if (type === 'ssh-ed25519') {
    if (fields.length !== 1 || fields[0]?.length !== 32) throw damaged();
  } else if (type === 'ssh-rsa') {
    checkRsa(fields);
  } else {
    checkPoint(curves[type], fields);
  }
}

function checkRsa([exponent, modulus, ...rest]: readonly Buffer[]): void {
  if (exponent === undefined || modulus === undefined || rest.length > 0) throw damaged();
  const bits = bitsOf(modulus);
  if (bits < rsaBits.least || bits > rsaBits.most) {
    throw invalid(
      `The RSA key has ${bits} bits, and must have ${rsaBits.least} to ${rsaBits.most}; make a new one with ssh-keygen -t ed25519`,
    );
  }
  const exponentBits = bitsOf(exponent);
  if (exponentBits < 2 || exponentBits > 64 || isEven(exponent) || isEven(modulus)) throw damaged();
}

function checkPoint(curve: (typeof curves)[keyof typeof curves], [name, point, ...rest]: readonly Buffer[]): void {
  if (name?.toString('latin1') !== curve.ssh || point === undefined || rest.length > 0) throw damaged();
  // OpenSSH takes only points that are written out.
  if (point.length !== 1 + 2 * curve.bytes || point[0] !== 4) throw damaged();
  const x = point.subarray(1, 1 + curve.bytes).toString('base64url');
  const y = point.subarray(1 + curve.bytes).toString('base64url');
  try {
    createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: curve.jwk, x, y } });
  } catch {
    throw damaged();
  }
}

/** The bits of a positive number in its shortest form; 0 for what is no such number. */
function bitsOf(number: Buffer): number {
  const first = number[0];
  const second = number[1] ?? 0;
  if (first === undefined || first >= 0x80 || (first === 0 && second < 0x80)) return 0;
  return first === 0 ? (number.length - 1) * 8 : (number.length - 1) * 8 + (32 - Math.clz32(first));
}

function isEven(number: Buffer): boolean {
  return ((number.at(-1) ?? 0) & 1) === 0;
}

/** The fields of the key's binary form: each a 32-bit length and its bytes, with nothing cut off or left over. */
function fieldsOf(blob: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset < blob.length) {
    if (offset + 4 > blob.length || fields.length === 4) throw damaged();
    const end = offset + 4 + blob.readUInt32BE(offset);
    if (end > blob.length) throw damaged();
    fields.push(blob.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

function damaged() {
  return invalid('The SSH public key is cut off or damaged; copy the whole line of the .pub file');
}
