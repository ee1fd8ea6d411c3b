import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { currentAsker } from '../database/asker.ts';
import { NoTurn, Turns } from '../database/turns.ts';
import { ApiError } from '../foundation/api-error.ts';

const size = 64;
/** 16 MiB and some 50 ms of a core each. */
const cost = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 };

/**
 * One at once, in turns between addresses: two lines leave two of Node's four threads to the others. A busy machine takes its time for
 * one; who waits as long as a browser's patience is refused.
 */
const limits = { atOnce: 1, share: 1, waiting: 64, waitMs: 15_000 };

/**
 * Hashes of people's passwords, `salt:key` in hex with scrypt, off the event loop. Who comes from an address where the person was
 * before has another line than strangers have: however many of these guess, it moves. A line that is full refuses at once.
 */
export class PasswordHasher {
  readonly #lines = { known: new Turns(limits), strange: new Turns(limits) };
  readonly #line = new AsyncLocalStorage<'known' | 'strange'>();
  #count = 0;

  /** How many hashes were made. */
  get count(): number {
    return this.#count;
  }

  /** Runs what hashes for somebody who comes from an address where the person was before. */
  asKnown<T>(work: () => T): T {
    return this.#line.run('known', work);
  }

  /** @throws ApiError 503 where too many wait */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(16).toString('hex');
    return `${salt}:${(await this.#derive(password, salt)).toString('hex')}`;
  }

  /**
   * Whether a password is the one that was hashed.
   *
   * @throws ApiError 503 where too many wait
   */
  async verify({ hash, password }: { hash: string; password: string }): Promise<boolean> {
    const [salt = '', key = ''] = hash.split(':');
    const expected = Buffer.from(key, 'hex');
    const derived = await this.#derive(password, salt);
    return expected.length === derived.length && timingSafeEqual(expected, derived);
  }

  async #derive(password: string, salt: string): Promise<Buffer> {
    const turns = this.#lines[this.#line.getStore() ?? 'strange'];
    const account = currentAsker()?.account ?? 'the server itself';
    await new Promise<void>((go, refuse) => {
      turns.enter(account, go, refuse);
    }).catch((error) => {
      throw error instanceof NoTurn ? new ApiError('busy', {}, { headers: { 'Retry-After': '1' } }) : error;
    });
    try {
      this.#count++;
      return await new Promise<Buffer>((done, fail) => {
        scrypt(password.normalize('NFKC'), salt, size, cost, (error, key) => (error ? fail(error) : done(key)));
      });
    } finally {
      turns.leave(account);
    }
  }
}
