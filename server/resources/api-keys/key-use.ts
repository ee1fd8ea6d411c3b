import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Limits } from '../../access/limits.ts';
import type { Clock } from '../../foundation/clock.ts';

const flushMs = 5000;

interface Use {
  at: number;
  requests: number;
  refused: number;
  from: string;
}

/**
 * When and from where each key was last used, and how often in each minute: written in batches a few seconds late, never on a
 * request's path. Housekeeping forgets minutes older than a week.
 */
export class KeyUse {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limits: Limits;
  #used = new Map<string, Use>();
  #cancel: (() => void) | null = null;

  constructor(pool: Pool, clock: Clock, log: Logger, limits: Limits) {
    this.#pool = pool;
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
  }

  /** Notes a use, now. */
  note(keyId: string, isAdmitted: boolean, request: FastifyRequest): void {
    let use = this.#used.get(keyId);
    if (use === undefined) {
      use = { at: 0, requests: 0, refused: 0, from: request.ip };
      this.#used.set(keyId, use);
    }
    if (isAdmitted) {
      use.at = this.#clock.now();
      use.from = request.ip;
      use.requests++;
    } else {
      use.refused++;
    }
    this.#cancel ??= this.#clock.after(flushMs, () => {
      this.#cancel = null;
      this.flush().catch((error) => this.#log.warn({ err: error }, 'uses of keys could not be written'));
    });
  }

  /** Writes down what was noted. A use noted before a key was issued anew belongs to the old secret. */
  async flush(): Promise<void> {
    if (this.#used.size === 0) return;
    const used = [...this.#used];
    this.#used = new Map();
    const ids = used.map(([id]) => id);
    await this.#pool.query(
      `update api_keys k set last_used_at = u.at, last_used_from = u.origin
         from (select id, to_timestamp(ms / 1000) as at, origin
                 from unnest($1::uuid[], $2::float8[], $3::text[]) as noted (id, ms, origin) where ms > 0) u
        where k.id = u.id and u.at >= k.issued_at and (k.last_used_at is null or k.last_used_at < u.at)`,
      [ids, used.map(([, { at }]) => at), used.map(([, { from }]) => from)],
    );
    const now = this.#clock.now();
    await this.#pool.query(
      `insert into api_key_usage as kept (api_key_id, minute, requests, refused, burst_used)
       select u.id, date_trunc('minute', to_timestamp($1::float8 / 1000)), u.requests, u.refused, u.burst
         from unnest($2::uuid[], $3::integer[], $4::integer[], $5::integer[]) as u (id, requests, refused, burst)
         join api_keys k on k.id = u.id
           on conflict (api_key_id, minute) do update
          set requests = kept.requests + excluded.requests, refused = kept.refused + excluded.refused,
              burst_used = greatest(kept.burst_used, excluded.burst_used)`,
      [
        now,
        ids,
        used.map(([, { requests }]) => requests),
        used.map(([, { refused }]) => refused),
        await this.#limits.burstUsed(ids),
      ],
    );
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.flush();
  }
}
