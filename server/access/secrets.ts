import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const nonceSize = 12;
const tagSize = 16;

/**
 * Encryption and keyed digests under the server's secret, which is never in the database. AES-256-GCM; a sealed value is nonce,
 * tag, ciphertext.
 */
export class Secrets {
  readonly #secret: Buffer;

  /** @param secret 32 bytes */
  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** Encrypts a text for a purpose; only the same purpose opens it. */
  seal(purpose: string, text: string): Buffer {
    return encrypt(derive(this.#secret, purpose), text);
  }

  /** @throws Error where the purpose or the server's secret is another one, or the bytes were changed */
  open(purpose: string, sealed: Buffer): string {
    return decrypt(derive(this.#secret, purpose), sealed);
  }

  /** A keyed digest in hex: the same input gives the same digest, and nobody without the server's secret can try inputs. */
  digest(purpose: string, ...parts: string[]): string {
    const hmac = createHmac('sha256', derive(this.#secret, purpose));
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest('hex');
  }
}

/** Encrypts under a credential that only its holder has: the server cannot open it without the next request's credential. */
export function sealUnder(credential: string, purpose: string, text: string): Buffer {
  return encrypt(derive(Buffer.from(credential), purpose), text);
}

/** @throws Error where the credential or purpose is another one */
export function openUnder(credential: string, purpose: string, sealed: Buffer): string {
  return decrypt(derive(Buffer.from(credential), purpose), sealed);
}

function derive(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'raffia', purpose, 32));
}

function encrypt(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(nonceSize);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

function decrypt(key: Buffer, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceSize));
  decipher.setAuthTag(sealed.subarray(nonceSize, nonceSize + tagSize));
  return decipher.update(sealed.subarray(nonceSize + tagSize), undefined, 'utf8') + decipher.final('utf8');
}
