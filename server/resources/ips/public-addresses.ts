import { randomUUIDv7 } from 'node:crypto';
import { isIP } from 'node:net';
import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { layOut } from './address-pools.ts';
import type { AddressStock } from './address-stock.ts';

/** An address taken from a pool, with the pool's gateway. */
export interface TakenAddress {
  readonly address: string;
  readonly gateway: string;
}

interface Taker {
  readonly accountId: string;
  readonly projectId: string;
  readonly createdBy: string;
  readonly region: string;
  readonly now: Date;
}

/**
 * Takes an address for an account, to be put on an interface: the lowest that lies free, else one that was never laid out. Concurrent
 * callers get different addresses and don't wait for each other: rows are locked, and locked ones are passed over.
 *
 * @param cidrs the region's configured pools of one family
 * @throws ApiError 400 where they are empty
 */
export async function takePublicAddress(
  tx: Transaction,
  stock: AddressStock,
  cidrs: readonly string[],
  taker: Taker,
): Promise<TakenAddress> {
  const ready = await takeLowest(tx, cidrs, taker);
  tx.onSettled(() => stock.took(ready === undefined));
  if (ready !== undefined) return ready;
  while (await layOut(tx.db, taker.region, cidrs, 1)) {
    const fresh = await takeLowest(tx, cidrs, taker);
    if (fresh !== undefined) return fresh;
  }
  throw new ApiError('publicPoolEmpty', { region: taker.region });
}

async function takeLowest(tx: Transaction, cidrs: readonly string[], taker: Taker): Promise<TakenAddress | undefined> {
  const { accountId, projectId, createdBy, region, now } = taker;
  const pools = [...cidrs];
  const { rows } = await sql<TakenAddress>`
    update public_addresses
       set state = 'attached', id = ${randomUUIDv7()}, account_id = ${accountId}, project_id = ${projectId},
           created_by = ${createdBy}, created_at = ${now}, updated_at = ${now}
     where address = (select address from public_addresses
                       where region = ${region} and family(address) = ${familyOf(cidrs)} and state = 'free' and held_for is null
                         and address <<= any (${pools}::cidr[])
                       order by address limit 1 for update skip locked)
    returning host(address) as address,
              (select host(network(cidr)::inet + 1) from address_pools
                where cidr = any (${pools}::cidr[]) and cidr >>= address limit 1) as gateway`.execute(tx.db);
  return rows[0];
}

/** 4 or 6. */
export const familyOf = ([cidr = '']: readonly string[]) => isIP(cidr.split('/')[0] as string) || 4;

/** Takes a machine's public interfaces away: their addresses go back to their pools, or stay with the account that reserved them. */
export async function detachPublicAddresses(tx: Transaction, vmId: string, now: Date): Promise<void> {
  await sql`
    with gone as (delete from nics where vm_id = ${vmId} and public_address is not null returning public_address)
    update public_addresses a
       set state = case when a.is_reserved then 'reserved' else 'free' end,
           (id, account_id, project_id, created_by, created_at, updated_at) =
             (select a.id, a.account_id, a.project_id, a.created_by, a.created_at, ${now}::timestamptz where a.is_reserved)
      from gone where a.address = gone.public_address`.execute(tx.db);
}
