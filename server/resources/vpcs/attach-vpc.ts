import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../http/api-error.ts';
import { addressText, type Block, checkVpcCidr, macOf, parseBlock } from './cidr.ts';

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
}

/** A VPC of the project that a machine may join; locked, so that two machines don't take one address. */
export async function lockVpc(tx: Transaction, vpcId: string, projectId: string, region: string): Promise<Vpc> {
  const vpc = await tx.db
    .selectFrom('vpcs')
    .select(['id', 'cidr', 'region'])
    .where('id', '=', vpcId)
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (vpc === undefined) throw new ApiError('validation', { detail: 'vpc_id names no VPC of this project' });
  if (vpc.region !== region)
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
  const { rows } = await sql<{ cidr: string }>`
    select cidr from vpcs
     where account_id = ${vpc.accountId} and deleted_at is null and cidr::cidr && ${block.cidr}::cidr limit 1`.execute(
    tx.db,
  );
  const clash = rows[0];
  if (clash !== undefined) {
    throw new ApiError('validation', { detail: `${cidr} overlaps another VPC of this account (${clash.cidr})` });
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
  const plain = `vpc-${vmName}`.slice(0, 64);
  const { first, taken } = await firstFree(tx, vpc.accountId, within, plain);
  if (first + blockSize - 1 > within.last) {
    throw new ApiError('validation', {
      detail: `No free /24 block is left in ${range}; pass vpc_id or vpc_name and vpc_cidr`,
    });
  }
  const name = !taken ? plain : `vpc-${vmName}`.slice(0, 55).concat('-', vmId.replaceAll('-', '').slice(-8));
  return insertVpc(tx, vpc, name, `${addressText(first)}/24`);
}

/** Gives a machine the lowest free address of a VPC that is locked or new, and its interface there. */
export async function attachVpc(tx: Transaction, vpc: Vpc, vmId: string, nicId: number): Promise<string> {
  const block = parseBlock(vpc.cidr) as Block;
  const used = vpc.isNew ? new Set() : await usedAddresses(tx, vpc);
  // The network's own address and the gateway come first, broadcast last.
  for (let number = block.first + 2; number < block.last; number++) {
    const address = addressText(number);
    if (used.has(address)) continue;
    await tx.db
      .insertInto('nics')
      .values({
        vm_id: vmId,
        nic_id: nicId,
        type: 'vpc',
        address,
        gateway: addressText(block.first + 1),
        mac: macOf(address),
        vpc_id: vpc.id,
      })
      .execute();
    return address;
  }
  throw new ApiError('validation', { detail: `The VPC ${vpc.cidr} has no free address left` });
}

async function usedAddresses(tx: Transaction, vpc: Vpc): Promise<Set<string>> {
  const { rows } = await sql<{ address: string }>`
    select host(address) as address from nics where vpc_id = ${vpc.id} and type = 'vpc'
    union
    select n ->> 'address' from found_machines f, jsonb_array_elements(f.known -> 'nics') n
     where n -> 'network' ->> 'id' = ${vpc.id}::text`.execute(tx.db);
  return new Set(rows.map((row) => row.address));
}

const blockSize = 256;

/**
 * The first /24 of a range behind which no VPC of the account lies, from its blocks in order and how far they reach; the range's end
 * where all is taken. And whether the account has a VPC of a name.
 */
async function firstFree(
  tx: Transaction,
  accountId: string,
  { first }: Block,
  name: string,
): Promise<{ first: number; taken: boolean }> {
  const { rows } = await sql<{ first: number; taken: boolean }>`
    with blocks as (
      select cidr::cidr - '0.0.0.0'::inet as first, broadcast(cidr::cidr) - '0.0.0.0'::inet as last from vpcs
       where account_id = ${accountId} and deleted_at is null
      union all select ${first - 1}::bigint, ${first - 1}::bigint
    ), reached as (
      select (max(last) over (order by first) / ${blockSize}::bigint + 1) * ${blockSize}::bigint as free, lead(first) over (order by first) as next
        from blocks where last >= ${first - 1}::bigint
    )
    select free as first,
           exists (select from vpcs where account_id = ${accountId} and deleted_at is null and name = ${name}) as taken
      from reached where next is null or next >= free + ${blockSize}::bigint order by free limit 1`.execute(tx.db);
  return rows[0] as { first: number; taken: boolean };
}

async function insertVpc(tx: Transaction, vpc: NewVpc, name: string, cidr: string): Promise<Vpc> {
  await tx.db
    .insertInto('vpcs')
    .values({
      id: vpc.id,
      account_id: vpc.accountId,
      project_id: vpc.projectId,
      name,
      cidr,
      region: vpc.region,
      created_at: vpc.now,
      updated_at: vpc.now,
    })
    .execute();
  return { id: vpc.id, cidr, isNew: true };
}
