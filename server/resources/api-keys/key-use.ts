import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Limits } from '../../access/limits.ts';
import type { Clock } from '../../foundation/clock.ts';

const flushMs = 5000;
/** How many addresses of a key are kept. */
export const mostAddresses = 5;

interface Seen {
  readonly address: string;
  at: number;
}

interface Use {
  /** When and from where a request was last within the limit; 0: none was. */
  at: number;
  from: string;
  /** Within the limit. */
  requests: number;
  /** Over it: 429. */
  refused: number;
  /** Not allowed: 401 or 403. */
  denied: number;
  /** Where the secret came from, the latest last. */
  readonly seen: Map<string, Seen>;
  latest: Seen;
}

/**
 * When and from where each key was used, and how often: written in batches a few seconds late, never on a request's path. What could not
 * be written is written with the next batch. Housekeeping forgets what is old.
 */
export class KeyUse {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limits: Pick<Limits, 'burstUsed'>;
  #used = new Map<string, Use>();
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(pool: Pool, clock: Clock, log: Logger, limits: Pick<Limits, 'burstUsed'>) {
    this.#pool = pool;
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
  }

  /** Notes what the limit decided on a request, now. */
  note(keyId: string, isAdmitted: boolean, request: Pick<FastifyRequest, 'ip'>): void {
    const use = this.#seen(keyId, request.ip);
    if (isAdmitted) {
      use.at = use.latest.at;
      use.from = use.latest.address;
      use.requests++;
    } else {
      use.refused++;
    }
  }

  /** Notes that a request was refused to a key that has ended, or that may not do it. */
  noteDenied(keyId: string, request: Pick<FastifyRequest, 'ip'>): void {
    this.#seen(keyId, request.ip).denied++;
  }

  #seen(keyId: string, address: string): Use {
    const at = this.#clock.now();
    let use = this.#used.get(keyId);
    if (use === undefined) {
      const latest = { address, at };
      use = { at: 0, from: address, requests: 0, refused: 0, denied: 0, seen: new Map([[address, latest]]), latest };
      this.#used.set(keyId, use);
      this.#writeSoon();
    } else if (use.latest.address === address) {
      use.latest.at = at;
    } else {
      use.latest = { address, at };
      see(use.seen, use.latest);
    }
    return use;
  }

  #writeSoon(): void {
    this.#cancel ??= this.#clock.after(flushMs, () => {
      this.#cancel = null;
      this.flush().catch((error) => {
        this.#log.warn({ err: error }, 'uses of keys could not be written');
        this.#writeSoon();
      });
    });
  }

  /** Writes down what was noted: it stands when this has ended. */
  flush(): Promise<void> {
    const write = () => this.#write();
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  /** A use noted before a key was issued anew belongs to the old secret. */
  async #write(): Promise<void> {
    if (this.#used.size === 0) return;
    const used = this.#used;
    this.#used = new Map();
    const ids = [...used.keys()];
    const uses = [...used.values()];
    const addresses = [...used].flatMap(([id, { seen }]) => [...seen.values()].map((one) => ({ id, ...one })));
    try {
      const burst = await this.#limits.burstUsed(ids);
      // One statement, that stands or does not. Keys are locked in one order, so that nodes wait for each other and never in a ring, and
      // a key that is being deleted takes the others' uses not with it.
      await this.#pool.query(
        `with noted as (
           select * from unnest($2::uuid[], $3::float8[], $4::text[], $5::integer[], $6::integer[], $7::integer[], $8::integer[])
                      as n (id, ms, origin, requests, refused, denied, burst)
         ), keys as materialized (
           select id, issued_at from api_keys where id = any($2::uuid[]) order by id for no key update
         ), used as (
           update api_keys k set last_used_at = to_timestamp(n.ms / 1000), last_used_from = n.origin
             from noted n join keys using (id)
            where k.id = n.id and n.ms > 0 and to_timestamp(n.ms / 1000) >= keys.issued_at
              and (k.last_used_at is null or k.last_used_at < to_timestamp(n.ms / 1000))
         ), minutes as (
           insert into api_key_usage as kept (api_key_id, minute, requests, refused, denied, burst_used)
           select id, date_trunc('minute', to_timestamp($1::float8 / 1000)), requests, refused, denied, burst from noted join keys using (id)
               on conflict (api_key_id, minute) do update
              set requests = kept.requests + excluded.requests, refused = kept.refused + excluded.refused,
                  denied = kept.denied + excluded.denied, burst_used = greatest(kept.burst_used, excluded.burst_used)
         ), hours as (
           insert into api_key_hours as kept (api_key_id, hour, requests, refused, denied)
           select id, date_trunc('hour', to_timestamp($1::float8 / 1000), 'UTC'), requests, refused, denied from noted join keys using (id)
               on conflict (api_key_id, hour) do update
              set requests = kept.requests + excluded.requests, refused = kept.refused + excluded.refused,
                  denied = kept.denied + excluded.denied
         )
         insert into api_key_addresses as kept (api_key_id, address, last_used_at)
         select id, address, to_timestamp(ms / 1000)
           from unnest($9::uuid[], $10::text[], $11::float8[]) as a (id, address, ms) join keys using (id)
          where to_timestamp(ms / 1000) >= issued_at
             on conflict (api_key_id, address) do update set last_used_at = greatest(kept.last_used_at, excluded.last_used_at)`,
        [
          this.#clock.now(),
          ids,
          uses.map(({ at }) => at),
          uses.map(({ from }) => from),
          uses.map(({ requests }) => requests),
          uses.map(({ refused }) => refused),
          uses.map(({ denied }) => denied),
          burst,
          addresses.map(({ id }) => id),
          addresses.map(({ address }) => address),
          addresses.map(({ at }) => at),
        ],
      );
    } catch (error) {
      this.#takeBack(used);
      throw error;
    }
    // One that another node has just written anew is not the one that was counted here.
    await this.#pool.query(
      `with keys as materialized (
         select id from api_keys where id = any($1::uuid[]) order by id for no key update
       ), surplus as materialized (
         select k.id, a.address, a.last_used_at
           from keys k cross join lateral (select address, last_used_at from api_key_addresses where api_key_id = k.id
                                            order by last_used_at desc, address offset ${mostAddresses}) a
       )
       delete from api_key_addresses a using surplus s
        where a.api_key_id = s.id and a.address = s.address and a.last_used_at = s.last_used_at`,
      [ids],
    );
  }

  /** What was not written is noted again, before what came meanwhile. */
  #takeBack(unwritten: ReadonlyMap<string, Use>): void {
    for (const [id, before] of unwritten) {
      const since = this.#used.get(id);
      if (since === undefined) {
        this.#used.set(id, before);
        continue;
      }
      for (const seen of since.seen.values()) see(before.seen, seen);
      this.#used.set(id, {
        ...(since.at > 0 ? { at: since.at, from: since.from } : { at: before.at, from: before.from }),
        requests: before.requests + since.requests,
        refused: before.refused + since.refused,
        denied: before.denied + since.denied,
        seen: before.seen,
        latest: since.latest,
      });
    }
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    // What another statement was in the way of is there to be written once more.
    await this.flush().catch(() => this.flush());
  }
}

/** As the latest; the oldest goes where there are too many. */
function see(all: Map<string, Seen>, one: Seen): void {
  all.delete(one.address);
  all.set(one.address, one);
  if (all.size > mostAddresses) all.delete(all.keys().next().value as string);
}
