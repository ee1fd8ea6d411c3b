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

  /**
   * Encrypts under a credential and the server's secret: neither the server without the caller's next request opens it, nor who reads
   * the database, where tokens of sessions stand in the clear.
   */
  sealUnder(credential: string, purpose: string, text: string): Buffer {
    return encrypt(this.#under(credential, purpose), text);
  }

  /** @throws Error where the credential, the purpose or the server's secret is another one */
  openUnder(credential: string, purpose: string, sealed: Buffer): string {
    return decrypt(this.#under(credential, purpose), sealed);
  }

  #under(credential: string, purpose: string): Buffer {
    const mixed = createHmac('sha256', derive(this.#secret, 'sealed under a credential')).update(credential).digest();
    return derive(mixed, purpose);
  }

  /** A key of 32 bytes for a purpose, always the same. */
  key(purpose: string): Buffer {
    return derive(this.#secret, purpose);
  }

  /** A keyed digest in hex: the same input gives the same digest, and nobody without the server's secret can try inputs. */
  digest(purpose: string, ...parts: string[]): string {
    const hmac = createHmac('sha256', derive(this.#secret, purpose));
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest('hex');
  }
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
