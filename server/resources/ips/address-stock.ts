import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Configuration } from '../../configuration/configuration.ts';
import type { Tables } from '../../database/tables.ts';
import { layOut } from './address-pools.ts';
import { familyOf } from './public-addresses.ts';

/** Free addresses that are kept ready for each region, and from where on more are laid out. */
const stocked = 1024;
const low = 512;
/** How often it is looked: after this many addresses were taken. */
const everyTaken = 64;

/**
 * Keeps free public addresses ready as rows of their own: who creates a machine takes one that nobody else holds, and waits for nobody.
 * A pool's own row, which is one for all, is only touched here, in short transactions of their own.
 */
export class AddressStock {
  readonly #db: Kysely<Tables>;
  readonly #pools: Configuration['addressPools'];
  readonly #log: Logger;
  #taken = 0;
  #filling: Promise<void> | undefined;

  constructor(db: Kysely<Tables>, pools: Configuration['addressPools'], log: Logger) {
    this.#db = db;
    this.#pools = pools;
    this.#log = log;
  }

  /** Lays out addresses in every region that has few; one at a time, whoever asks. */
  fill(): Promise<void> {
    this.#filling ??= this.#fillAll().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  /** An address was taken; `isLast` where none lay ready. */
  took(isLast: boolean): void {
    if (++this.#taken % everyTaken !== 0 && !isLast) return;
    this.fill().catch((error) => this.#log.warn({ err: error }, 'no public addresses could be laid out'));
  }

  async stop(): Promise<void> {
    await this.#filling?.catch(() => undefined);
  }

  async #fillAll(): Promise<void> {
    for (const { region, cidrs } of this.#pools) {
      const { rows } = await sql<{ free: number }>`
        select count(*) as free from (
          select from public_addresses
           where region = ${region} and family(address) = ${familyOf(cidrs)} and state = 'free' and held_for is null
             and address <<= any (${[...cidrs]}::cidr[]) limit ${low}) f`.execute(this.#db);
      if ((rows[0]?.free ?? 0) < low) await layOut(this.#db, region, cidrs, stocked);
    }
  }
}
