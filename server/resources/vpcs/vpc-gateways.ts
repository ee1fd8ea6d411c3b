import { type Kysely, sql } from 'kysely';
import type { Row, Tables } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import type { NetworkSpec } from '../../engines/engine.ts';
import { invalid } from '../../foundation/api-error.ts';
import { addressText, parseBlock } from '../../foundation/cidr.ts';
import type { Router } from '../../foundation/router.ts';
import { enqueue } from '../../operations/enqueue.ts';
import { refuseOverQuota } from '../../quotas/usage.ts';
import type { Services } from '../../services.ts';
import { poolsOf } from '../ips/address-pools.ts';
import { settleAddresses, takePublicAddress } from '../ips/public-addresses.ts';
import { usableRange } from './vpc-view.ts';

type Vpc = Row<'vpcs'>;

/** SQL of the router of a VPC `v` as engines are told of it; null where it has none. */
export const routerOf = sql<Router | null>`
  case when v.gateway_type = 'nat' then
    (select json_build_object('address', host(v.router_address), 'prefix', masklen(r.cidr),
                              'gateway', host(network(r.cidr)::inet + 1), 'network', json_build_object('id', r.cidr::text, 'cidr', r.cidr::text))
       from address_pools r where r.cidr >>= v.router_address order by masklen(r.cidr) desc limit 1)
  end`;

/** What a VPC is to be on its hosts; one that is being deleted has no way out. Undefined where it is gone. */
export async function networkSpec(db: Kysely<Tables>, vpcId: string): Promise<NetworkSpec | undefined> {
  const { rows } = await sql<{ cidr: string; router: Router | null; deleted_at: Date | null }>`
    select v.cidr, ${routerOf} as router, v.deleted_at from vpcs v where v.id = ${vpcId}`.execute(db);
  const [vpc] = rows;
  if (vpc === undefined) return undefined;
  const { cidr, router, deleted_at } = vpc;
  return {
    id: vpcId,
    cidr,
    prefix: parseBlock(cidr)?.prefix ?? 0,
    gateway: addressText(usableRange(cidr).gateway),
    ...(router === null || deleted_at !== null ? {} : { router }),
  };
}

/** @throws ApiError 400 where VPCs of this cloud have ways out of their own */
export function refuseGateways({ configuration }: Pick<Services, 'configuration'>): void {
  if (configuration.engine === 'incus' && configuration.incus.ovnUplink !== null)
    throw invalid('VPCs of this cloud have their own way out (OVN); leave gateway_type out');
}

/**
 * An address of the pool under which a VPC is to be seen outside.
 *
 * @throws ApiError 400 where the account has as many gateways as it may, or the pool is empty
 */
export async function takeRouterAddress(
  services: Services,
  tx: Transaction,
  vpc: Pick<Vpc, 'account_id' | 'project_id' | 'region'>,
  by: { readonly createdBy: string; readonly now: Date },
): Promise<string> {
  await refuseOverQuota(tx, vpc.account_id, { gateways: 1 });
  const pools = poolsOf(services.configuration, vpc.region, 'IPv4');
  const { address } = await takePublicAddress(tx, services.addressStock, pools, {
    isReserved: false,
    accountId: vpc.account_id,
    projectId: vpc.project_id,
    region: vpc.region,
    ...by,
  });
  return address;
}

/** Asks for the gateway that the row of a VPC says, in the transaction that changes it. */
export async function askForGateway(
  services: Services,
  tx: Transaction,
  vpc: Pick<Vpc, 'id' | 'account_id' | 'project_id'>,
  createdBy: string,
): Promise<void> {
  await enqueue(services, tx, {
    kind: 'vpc.gateway',
    accountId: vpc.account_id,
    projectId: vpc.project_id,
    resourceId: vpc.id,
    input: {},
    createdBy,
  });
}

/** No host has the gateway of a VPC any more: its address is free, and one that is being deleted and that nobody is in is gone. */
export async function letGoOfRouter(
  tx: Transaction,
  vpc: Pick<Vpc, 'id' | 'router_address'>,
  now: Date,
): Promise<void> {
  await tx.db.updateTable('vpcs').set({ router_address: null }).where('id', '=', vpc.id).execute();
  if (vpc.router_address !== null) await settleAddresses(tx, [vpc.router_address], now);
}

/**
 * From here on nobody sees these VPCs, and their names and blocks are free. Their rows go with whoever is still leaving them, and with their
 * gateways.
 *
 * @param ids of VPCs that are locked
 */
export async function partFromVpcs(
  services: Services,
  tx: Transaction,
  ids: readonly string[],
  createdBy: string,
): Promise<void> {
  const now = new Date(services.clock.now());
  const parted = await tx.db
    .updateTable('vpcs')
    .set({ deleted_at: now, gateway_type: 'none', router_status: null })
    .where('id', '=', sql<string>`any (${[...ids]}::uuid[])`)
    .returning(['id', 'account_id', 'project_id', 'router_address'])
    .execute();
  const open = parted.filter(({ router_address }) => router_address !== null);
  await settleAddresses(
    tx,
    open.map(({ router_address }) => router_address as string),
    now,
  );
  for (const vpc of open) await askForGateway(services, tx, vpc, createdBy);
}
