import { isIPv4 } from 'node:net';
import { type RawBuilder, sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { addressText, type Block, checkVpcCidr, macOf, parseBlock } from '../../foundation/cidr.ts';
import { lowestFree, numberOf } from '../lowest-free.ts';
import { takenBlocks } from './suggest-blocks.ts';
import { usableRange } from './vpc-view.ts';

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  /** Nobody has an address of it yet. */
  readonly isNew?: true;
}

interface NewVpc {
  readonly id: string;
  readonly accountId: string;
  readonly projectId: string;
  readonly region: string;
  readonly now: Date;
  readonly description?: string | undefined;
  /** The name server that was chosen. */
  readonly dns?: string | undefined;
  /** The address of its gateway, where it has one. */
  readonly routerAddress?: string | undefined;
}

/**
 * A VPC of the project that a machine may join; locked, so that two machines don't take one address. Undefined where it has no such VPC.
 *
 * @throws ApiError 400 where it is in another region
 */
export async function lockVpc(
  tx: Transaction,
  vpcId: string,
  projectId: string,
  region: string,
): Promise<Vpc | undefined> {
  const vpc = await tx.db
    .selectFrom('vpcs')
    .select(['id', 'cidr', 'region'])
    .where('id', '=', vpcId)
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (vpc !== undefined && vpc.region !== region)
    throw new ApiError('validation', { detail: `The VPC is in region ${vpc.region}, not ${region}` });
  return vpc;
}

/**
 * Makes a VPC with a chosen block. The account's row must be locked.
 *
 * @throws ApiError 400 where the block is not allowed or overlaps another VPC of the account
 */
export async function createChosenVpc(tx: Transaction, vpc: NewVpc, name: string, cidr: string): Promise<Vpc> {
  const block = checkVpcCidr(cidr);
  const { rows } = await sql<{ id: string; cidr: string }>`
    select id, cidr from vpcs
     where account_id = ${vpc.accountId} and deleted_at is null and cidr::cidr && ${block.cidr}::cidr limit 1`.execute(
    tx.db,
  );
  const clash = rows[0];
  if (clash !== undefined) {
    throw new ApiError('vpcOverlaps', { cidr, other: clash.cidr }, { existing: { table: 'vpcs', id: clash.id } });
  }
  return insertVpc(tx, vpc, name, cidr);
}

/** Makes the VPC of a machine that asked for none: `vpc-NAME`, with 8 hex digits behind it where that name is taken. */
export async function createAutoVpc(
  tx: Transaction,
  vpc: NewVpc,
  vmName: string,
  vmId: string,
  range: string,
): Promise<Vpc> {
  const within = parseBlock(range) as Block;
  const first = await lowestFree(tx, within, blockSize, takenBlocks(vpc.accountId));
  if (first === undefined) {
    throw new ApiError('validation', {
      detail: `No free /24 block is left in ${range}; pass vpc_id or vpc_name and vpc_cidr`,
    });
  }
  const plain = `vpc-${vmName}`.slice(0, 64);
  const other = `vpc-${vmName}`.slice(0, 55).concat('-', vmId.replaceAll('-', '').slice(-8));
  const name = sql<string>`
    case when exists (select from vpcs where account_id = ${vpc.accountId} and deleted_at is null and name = ${plain})
         then ${other}::text else ${plain}::text end`;
  return insertVpc(tx, vpc, name, `${addressText(first)}/24`);
}

/** A machine that gets an interface. */
interface Joining {
  readonly vmId: string;
  readonly nicId: number;
  /** The address that was asked for; by default the lowest that is free. */
  readonly ip?: string | undefined;
  /** Where its host has yet to be told. */
  readonly state?: 'attaching';
}

/**
 * Gives a machine an address of a VPC that is locked or new, and its interface there.
 *
 * @returns the address
 * @throws ApiError 400 where none is free, or not the one that was asked for
 */
export async function attachVpc(tx: Transaction, vpc: Vpc, { vmId, nicId, ip, state }: Joining): Promise<string> {
  const address = ip === undefined ? await freeAddress(tx, vpc) : await chosenAddress(tx, vpc, ip);
  await tx.db
    .insertInto('nics')
    .values({
      vm_id: vmId,
      nic_id: nicId,
      type: 'vpc',
      address,
      gateway: addressText(usableRange(vpc.cidr).gateway),
      mac: macOf(address),
      vpc_id: vpc.id,
      ...(state === undefined ? {} : { state }),
    })
    .execute();
  return address;
}

async function freeAddress(tx: Transaction, vpc: Vpc): Promise<string> {
  const within = usableRange(vpc.cidr);
  const number = vpc.isNew ? within.first : await lowestFree(tx, within, 1, usedAddresses(vpc));
  if (number === undefined) {
    throw new ApiError('validation', { detail: `The VPC ${vpc.cidr} has no free address left` });
  }
  return addressText(number);
}

async function chosenAddress(tx: Transaction, vpc: Vpc, ip: string): Promise<string> {
  if (!isIPv4(ip)) throw new ApiError('validation', { detail: 'ip must be an IPv4 address, such as 10.0.1.42' });
  const { first, last } = usableRange(vpc.cidr);
  const number = (parseBlock(`${ip}/32`) as Block).first;
  if (number < first || number > last) {
    const range = `${addressText(first)} to ${addressText(last)}`;
    throw new ApiError('validation', { detail: `ip must be an address that the VPC gives to VMs, from ${range}` });
  }
  const free = await lowestFree(tx, { first: number, last: number }, 1, usedAddresses(vpc));
  if (free === undefined) {
    throw new ApiError('validation', { detail: `ip ${ip} is taken in this VPC; leave it out to get a free one` });
  }
  return addressText(number);
}

/** Those of its interfaces, and of machines that may live though no row knows them. */
function usedAddresses(vpc: Vpc) {
  return sql`
    select ${numberOf(sql`address`)} as first, ${numberOf(sql`address`)} as last from nics where vpc_id = ${vpc.id} and type = 'vpc'
    union all
    select a.number, a.number
      from found_machines f, jsonb_array_elements(f.known -> 'nics') n, lateral (select ${numberOf(sql`(n ->> 'address')::inet`)}) a (number)
     where n -> 'network' ->> 'id' = ${vpc.id}::text`;
}

const blockSize = 256;

async function insertVpc(tx: Transaction, vpc: NewVpc, name: string | RawBuilder<string>, cidr: string): Promise<Vpc> {
  await tx.db
    .insertInto('vpcs')
    .values({
      id: vpc.id,
      account_id: vpc.accountId,
      project_id: vpc.projectId,
      name,
      cidr,
      description: vpc.description ?? null,
      dns: vpc.dns ?? null,
      ...(vpc.routerAddress === undefined
        ? {}
        : { gateway_type: 'nat', router_address: vpc.routerAddress, router_status: 'active' }),
      region: vpc.region,
      created_at: vpc.now,
      updated_at: vpc.now,
    })
    .execute();
  return { id: vpc.id, cidr, isNew: true };
}
