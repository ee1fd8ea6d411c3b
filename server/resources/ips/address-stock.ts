import { addressTypes } from '@raffia/contract/enums.ts';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Configuration } from '../../configuration/configuration.ts';
import type { Tables } from '../../database/tables.ts';
import { familyOf } from '../../foundation/cidr.ts';
import { layOut, poolsOf } from './address-pools.ts';

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

  /** The pools of each region and family that has any. */
  #ofOneFamily(): { region: string; cidrs: readonly string[] }[] {
    const regions = [...new Set(this.#pools.map(({ region }) => region))];
    return regions
      .flatMap((region) =>
        addressTypes.map((type) => ({ region, cidrs: poolsOf({ addressPools: this.#pools }, region, type) })),
      )
      .filter(({ cidrs }) => cidrs.length > 0);
  }

  async #fillAll(): Promise<void> {
    for (const { region, cidrs } of this.#ofOneFamily()) {
      const { rows } = await sql<{ free: number }>`
        select count(*) as free from (
          select from public_addresses
           where region = ${region} and family(address) = ${familyOf(cidrs[0] as string)} and state = 'free' and held_for is null
             and address <<= any (${[...cidrs]}::cidr[]) limit ${low}) f`.execute(this.#db);
      if ((rows[0]?.free ?? 0) < low) await layOut(this.#db, region, cidrs, stocked);
    }
  }
}
