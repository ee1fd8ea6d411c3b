import { hash } from 'node:crypto';
import { invalid } from '../../http/api-error.ts';

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

/**
 * Reads a public key in OpenSSH's one-line form: type, base64 of the key, optional comment.
 *
 * @throws ApiError 400 with what is wrong
 */
export function parseSshPublicKey(text: string): SshPublicKey {
  const trimmed = text.trim();
  if (/PRIVATE KEY/.test(trimmed))
    throw invalid('public_key holds a private key; send the .pub file and keep the private key secret');
  if (/[\r\n]/.test(trimmed)) throw invalid('public_key must be one line');
  const [type, material = ''] = trimmed.split(/\s+/);
  if (!sshKeyTypes.includes(type as SshKeyType)) {
    throw invalid(`The SSH public key must begin with one of: ${sshKeyTypes.join(', ')}`);
  }
  const blob = Buffer.from(material, 'base64');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(material) && material.length % 4 === 0;
  if (!isBase64 || readField(blob, 0) !== type || !hasWholeFields(blob)) {
    throw invalid('The SSH public key is cut off or damaged; copy the whole line of the .pub file');
  }
  return { type: type as SshKeyType, fingerprint: `SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}` };
}

/** A field of the key's binary form: a 32-bit length, then bytes. */
function readField(blob: Buffer, offset: number): string | null {
  if (offset + 4 > blob.length) return null;
  const length = blob.readUInt32BE(offset);
  return offset + 4 + length > blob.length ? null : blob.toString('latin1', offset + 4, offset + 4 + length);
}

/** Whether the blob is a type and at least one more field, with nothing cut off or left over. */
function hasWholeFields(blob: Buffer): boolean {
  let offset = 0;
  let fields = 0;
  while (offset < blob.length) {
    const field = readField(blob, offset);
    if (field === null) return false;
    offset += 4 + field.length;
    fields++;
  }
  return fields >= 2;
}
