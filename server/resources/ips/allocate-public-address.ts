import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../http/api-error.ts';
import type { AddressStock } from './address-stock.ts';

/** An address taken from a pool, with the pool's gateway. */
export interface AllocatedAddress {
  readonly address: string;
  readonly gateway: string;
}

/**
 * Takes a public IPv4 address for a machine: the lowest that lies free, else one that was never laid out. Concurrent callers get
 * different addresses and don't wait for each other: rows are locked, locked ones are passed over, and the address is a primary key.
 *
 * @param cidrs the region's configured pools
 * @throws ApiError 400 where the region's pools are empty
 */
export async function allocatePublicAddress(
  tx: Transaction,
  stock: AddressStock,
  region: string,
  cidrs: readonly string[],
  vmId: string,
): Promise<AllocatedAddress> {
  const pools = [...cidrs];
  const released = await sql<AllocatedAddress>`
    update public_addresses set vm_id = ${vmId}
     where address = (select address from public_addresses
                       where region = ${region} and vm_id is null and held_for is null and address <<= any (${pools}::cidr[])
                       order by address limit 1 for update skip locked)
    returning host(address) as address,
              (select host(network(cidr)::inet + 1) from address_pools
                where cidr = any (${pools}::cidr[]) and cidr >>= address limit 1) as gateway`.execute(tx.db);
  const ready = released.rows[0];
  tx.onSettled(() => stock.took(ready === undefined));
  if (ready !== undefined) return ready;
  const address = await takeFresh(tx, region, pools, vmId);
  if (address === undefined) throw new ApiError('publicPoolEmpty', { region });
  const { rows } = await sql<{ gateway: string }>`
    select host(network(cidr)::inet + 1) as gateway from address_pools
     where cidr = any (${pools}::cidr[]) and cidr >>= ${address}::inet limit 1`.execute(tx.db);
  return { address, gateway: rows[0]?.gateway as string };
}

async function takeFresh(tx: Transaction, region: string, pools: string[], vmId: string): Promise<string | undefined> {
  const { rows } = await sql<{ address: string }>`
    update address_pools set next_offset = next_offset + 1
     where cidr = (select cidr from address_pools
                    where region = ${region} and cidr = any (${pools}::cidr[])
                      and next_offset < (1::bigint << (32 - masklen(cidr))) - 1
                    order by cidr limit 1 for update)
    returning host(network(cidr)::inet + (next_offset - 1)) as address`.execute(tx.db);
  const address = rows[0]?.address;
  if (address === undefined) return undefined;
  // One that is there already is somebody's: a machine's that no row knows.
  const { numInsertedOrUpdatedRows } = await tx.db
    .insertInto('public_addresses')
    .values({ address, region, vm_id: vmId })
    .onConflict((conflict) => conflict.column('address').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n ? address : takeFresh(tx, region, pools, vmId);
}

/** Gives a machine's public address back to its pool. */
export async function releasePublicAddress(tx: Transaction, vmId: string): Promise<void> {
  await tx.db.updateTable('public_addresses').set({ vm_id: null }).where('vm_id', '=', vmId).execute();
}
