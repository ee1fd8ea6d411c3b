import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';

const flushMs = 5000;

/** When each key was last used, written in batches a few seconds late: never on a request's path. */
export class KeyUse {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #log: Logger;
  #used = new Map<string, number>();
  #cancel: (() => void) | null = null;

  constructor(pool: Pool, clock: Clock, log: Logger) {
    this.#pool = pool;
    this.#clock = clock;
    this.#log = log;
  }

  /** Notes a use, now. */
  note(keyId: string): void {
    this.#used.set(keyId, this.#clock.now());
    this.#cancel ??= this.#clock.after(flushMs, () => {
      this.#cancel = null;
      this.flush().catch((error) => this.#log.warn({ err: error }, 'last uses of keys could not be written'));
    });
  }

  /** Writes down what was noted. A use noted before a key was issued anew belongs to the old secret. */
  async flush(): Promise<void> {
    if (this.#used.size === 0) return;
    const used = this.#used;
    this.#used = new Map();
    await this.#pool.query(
      `update api_keys k set last_used_at = u.at from (select id, to_timestamp(ms / 1000) as at from unnest($1::uuid[], $2::float8[]) as noted (id, ms)) u
        where k.id = u.id and u.at >= k.issued_at and (k.last_used_at is null or k.last_used_at < u.at)`,
      [[...used.keys()], [...used.values()]],
    );
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.flush();
  }
}
