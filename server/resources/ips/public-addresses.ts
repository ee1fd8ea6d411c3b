import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import { lockOwnRow } from '../../access/own-row.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import { familyOf } from '../../foundation/cidr.ts';
import { layOut } from './address-pools.ts';
import type { AddressStock } from './address-stock.ts';
import type { OwnedAddress } from './present-ip.ts';

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
 * Brings addresses in line with the interfaces and gateways that have them, once those were changed. One that people see an interface with is attached.
 * Of the others those that are reserved are their account's to use or release, and the rest are nobody's to see, and free when no
 * interface is left that is still leaving its machine.
 */
export async function settleAddresses(tx: Transaction, addresses: readonly string[], now: Date): Promise<void> {
  if (addresses.length === 0) return;
  const these = sql`${[...addresses]}::inet[]`;
  // Locked first: whoever changes the interfaces of one holds it, and what he did is seen by the next statement.
  await sql`select from public_addresses where address = any (${these}) order by address for update`.execute(tx.db);
  await sql`
    update public_addresses a
       set state = case when held.is_shown then 'attached' when a.is_reserved then 'reserved'
                        when held.is_held then 'attached' else 'free' end,
           deleted_at = case when held.is_held and not held.is_shown and not a.is_reserved
                             then coalesce(a.deleted_at, ${now}::timestamptz) end,
           (id, account_id, project_id, created_by, created_at, updated_at) =
             (select a.id, a.account_id, a.project_id, a.created_by, a.created_at, ${now}::timestamptz
               where held.is_held or a.is_reserved)
      from (select h.address, count(n.vm_id) + count(v.id) > 0 as is_held,
                   coalesce(bool_or(n.state <> 'detaching' or v.gateway_type = 'nat'), false) as is_shown
              from public_addresses h
              left join nics n on n.public_address = h.address
              left join vpcs v on v.router_address = h.address
             where h.address = any (${these}) group by h.address) held
     where a.address = held.address`.execute(tx.db);
}

/** A machine is being deleted: nobody sees its interfaces any more. They keep their addresses until the host has let go of the machine. */
export async function partFromPublicAddresses(tx: Transaction, vmId: string, now: Date): Promise<void> {
  const parted = await tx.db
    .updateTable('nics')
    .set({ state: 'detaching' })
    .where('vm_id', '=', vmId)
    .returning('public_address')
    .execute();
  await settleAddresses(tx, addressesOf(parted), now);
}

/** Takes a machine's public interfaces away: their addresses go back to their pools, or stay with the account that reserved them. */
export async function detachPublicAddresses(tx: Transaction, vmId: string, now: Date): Promise<void> {
  const gone = await tx.db
    .deleteFrom('nics')
    .where('vm_id', '=', vmId)
    .where('public_address', 'is not', null)
    .returning('public_address')
    .execute();
  await settleAddresses(tx, addressesOf(gone), now);
}

const addressesOf = (nics: readonly { public_address: string | null }[]): string[] =>
  nics.flatMap(({ public_address }) => public_address ?? []);

/** An account lets go of an address that it has reserved and locked: it lies free, at the latest when no interface has it any more. */
export async function letGoOfAddress(tx: Transaction, address: string, now: Date): Promise<void> {
  await tx.db
    .updateTable('public_addresses')
    .set({ is_reserved: false, state: 'attached' })
    .where('address', '=', address)
    .execute();
  await settleAddresses(tx, [address], now);
}

/**
 * Locks an address that an account has reserved and no machine has.
 *
 * @throws ApiError 404, and 400 where it is not reserved, a machine has it, or a machine that no row knows
 */
export async function lockUnattached(tx: Transaction, accountId: string, id: string): Promise<OwnedAddress> {
  const row = await lockOwnRow(tx, 'ip', accountId, id);
  if (!row.is_reserved) {
    throw invalid(
      'This public IP is not reserved: it goes back to its pool when its VM is deleted or detached from it',
    );
  }
  if (row.state === 'attached') throw invalid('This public IP is attached to a VM; detach it first');
  return row as OwnedAddress;
}

/** The gateway of the pool that an address is from. */
export async function gatewayOf(tx: Transaction, address: string): Promise<string | null> {
  const { rows } = await sql<{ gateway: string }>`
    select host(network(cidr)::inet + 1) as gateway from address_pools
     where cidr >>= ${address}::inet order by masklen(cidr) desc limit 1`.execute(tx.db);
  return rows[0]?.gateway ?? null;
}
