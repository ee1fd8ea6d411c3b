import { createCipheriv, createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** What a stretched guess costs; of a password of 32 random bytes nobody guesses one. */
const cost = { N: 1024, r: 8, p: 1 };

/** A file in the folder `keys` of a repository of restic. */
export interface RepositoryKey {
  /** The SHA-256 of what it holds. */
  readonly name: string;
  readonly content: Buffer;
}

/**
 * A repository's master key under a password, as restic's own format has it (its design document, "Keys, Encryption and MAC"): JSON under
 * AES-256-CTR with a Poly1305-AES at the end, by keys that scrypt makes of the password.
 *
 * @param masterKey as `restic cat masterkey` says it
 * @param password with the strength of a random key: it is hardly stretched
 */
export async function sealRepositoryKey(masterKey: string, password: string): Promise<RepositoryKey> {
  const salt = randomBytes(64);
  const nonce = randomBytes(16);
  const stretched = await promisify<string, Buffer, number, typeof cost, Buffer>(scrypt)(password, salt, 64, cost);
  const cipher = createCipheriv('aes-256-ctr', stretched.subarray(0, 32), nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(JSON.parse(masterKey))), cipher.final()]);
  const code = poly1305Aes(sealed, nonce, stretched.subarray(32, 48), stretched.subarray(48));
  const content = Buffer.from(
    JSON.stringify({
      created: new Date().toISOString(),
      username: 'raffia',
      hostname: 'raffia',
      kdf: 'scrypt',
      ...cost,
      salt: salt.toString('base64'),
      data: Buffer.concat([nonce, sealed, code]).toString('base64'),
    }),
  );
  return { name: createHash('sha256').update(content).digest('hex'), content };
}

/** Bernstein's authenticator, of which restic's format is and Node's library has none. */
function poly1305Aes(message: Buffer, nonce: Buffer, k: Buffer, r: Buffer): Buffer {
  const number = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const prime = (1n << 130n) - 5n;
  const factor = number(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + number(block) + (1n << BigInt(8 * block.length))) * factor) % prime;
  }
  const aes = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false);
  const code = BigInt.asUintN(128, sum + number(aes.update(nonce)));
  return Buffer.from(code.toString(16).padStart(32, '0'), 'hex').reverse();
}
