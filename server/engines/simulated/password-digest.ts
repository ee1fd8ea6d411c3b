import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** Cheap: nobody signs in to a simulated machine, and a slow hash would be most of what its creation costs. */
const cost = { N: 1024 };
const scryptOf = promisify(scrypt) as (password: string, salt: Buffer, size: number, cost: object) => Promise<Buffer>;
const derive = (password: string, salt: Buffer, size: number) => scryptOf(password, salt, size, cost);

/** What a guest would keep of a password: a salted hash as `salt:hash` in hex. */
export async function digestPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('hex')}:${(await derive(password, salt, 32)).toString('hex')}`;
}

/** Whether a password is the one that was set. */
export async function matchesDigest(password: string, digest: string): Promise<boolean> {
  const [salt = '', expected = ''] = digest.split(':');
  return (await derive(password, Buffer.from(salt, 'hex'), 32)).toString('hex') === expected;
}
