import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The parts of a newly made key: the secret to show once, and what is stored. */
export interface NewApiKey {
  readonly secret: string;
  readonly key_hash: string;
  readonly key_prefix: string;
}

/**
 * Makes a key: `raff_`, 56 random hex digits (224 bits), and the CRC-32 of those digits as 8 hex digits, so that a scanner can
 * tell a leaked key from noise without asking. 69 characters in all.
 */
export function makeApiKey(random: (size: number) => Buffer = randomBytes): NewApiKey {
  const body = random(28).toString('hex');
  const secret = `raff_${body}${crc32(body).toString(16).padStart(8, '0')}`;
  return { secret, key_hash: hashApiKey(secret), key_prefix: secret.slice(0, 13) };
}

/** SHA-256 in hex: a random 224-bit secret needs no slow hash. */
export function hashApiKey(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Whether a text is a key made by {@link makeApiKey}. Only for scanners and hints: the server looks up keys without one too. */
export function hasValidChecksum(secret: string): boolean {
  const match = /^raff_([0-9a-f]{56})([0-9a-f]{8})$/.exec(secret);
  return (
    match !== null &&
    crc32(match[1] as string)
      .toString(16)
      .padStart(8, '0') === match[2]
  );
}
