import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { familyOf } from '../../foundation/cidr.ts';
import { layOut } from './address-pools.ts';
import type { AddressStock } from './address-stock.ts';

/** An address taken from a pool, with the pool's gateway. */
export interface TakenAddress {
  readonly id: string;
  readonly address: string;
  readonly gateway: string;
}

export interface Taker {
  /** Whether it stays with the account until that releases it, or is put on an interface and goes with that. */
  readonly isReserved: boolean;
  readonly accountId: string;
  readonly projectId: string;
  readonly createdBy: string;
  readonly region: string;
  readonly now: Date;
  /** One that is not to be taken though it may lie free. */
  readonly except?: string;
}

/**
 * Takes an address for an account: the lowest that lies free, else one that was never laid out. Concurrent
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
  const { isReserved, accountId, projectId, createdBy, region, now, except = null } = taker;
  const pools = [...cidrs];
  if (pools[0] === undefined) return undefined;
  const { rows } = await sql<TakenAddress>`
    update public_addresses
       set state = ${isReserved ? 'reserved' : 'attached'}, is_reserved = ${isReserved}, id = ${randomUUIDv7()}, account_id = ${accountId}, project_id = ${projectId},
           created_by = ${createdBy}, created_at = ${now}, updated_at = ${now}
     where address = (select address from public_addresses
                       where region = ${region} and family(address) = ${familyOf(pools[0])} and state = 'free' and held_for is null
                         and address <<= any (${pools}::cidr[]) and (${except}::inet is null or address <> ${except}::inet)
                       order by address limit 1 for update skip locked)
    returning id, host(address) as address,
              (select host(network(cidr)::inet + 1) from address_pools
                where cidr = any (${pools}::cidr[]) and cidr >>= address limit 1) as gateway`.execute(tx.db);
  return rows[0];
}

/**
 * A machine is being deleted: of the addresses on its interfaces, those that were reserved are its account's to use or release from now
 * on, and the others are nobody's to see. The interfaces keep them until the host has let go of the machine.
 */
export async function partFromPublicAddresses(tx: Transaction, vmId: string, now: Date): Promise<void> {
  await sql`
    update public_addresses a
       set state = case when a.is_reserved then 'reserved' else a.state end, updated_at = ${now},
           deleted_at = case when not a.is_reserved then ${now}::timestamptz end
      from nics n where n.vm_id = ${vmId} and a.address = n.public_address`.execute(tx.db);
}

/** An account lets go of an address that it has reserved and locked: it lies free, at the latest when no interface has it any more. */
export async function letGoOfAddress(tx: Transaction, address: string, now: Date): Promise<void> {
  await sql`
    with held as (select exists (select from nics where public_address = ${address}::inet) as is_held)
    update public_addresses a
       set is_reserved = false, state = case when is_held then 'attached' else 'free' end,
           deleted_at = case when is_held then ${now}::timestamptz end,
           (id, account_id, project_id, created_by, created_at, updated_at) =
             (select a.id, a.account_id, a.project_id, a.created_by, a.created_at, ${now}::timestamptz where is_held)
      from held where a.address = ${address}::inet`.execute(tx.db);
}

/** Takes a machine's public interfaces away: their addresses go back to their pools, or stay with the account that reserved them. */
export async function detachPublicAddresses(tx: Transaction, vmId: string, now: Date): Promise<void> {
  await sql`
    with gone as (delete from nics where vm_id = ${vmId} and public_address is not null returning public_address)
    update public_addresses a
       set state = case when a.is_reserved then 'reserved' else 'free' end, deleted_at = null,
           (id, account_id, project_id, created_by, created_at, updated_at) =
             (select a.id, a.account_id, a.project_id, a.created_by, a.created_at, ${now}::timestamptz where a.is_reserved)
      from gone where a.address = gone.public_address`.execute(tx.db);
}
