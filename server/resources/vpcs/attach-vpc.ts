import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../http/api-error.ts';
import { addressText, type Block, checkVpcCidr, firstFreeBlock, macOf, overlaps, parseBlock } from './cidr.ts';

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
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
  const clash = (await takenBlocks(tx, vpc.accountId)).find((taken) => overlaps(taken, block));
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
  const block = firstFreeBlock(parseBlock(range) as Block, await takenBlocks(tx, vpc.accountId));
  if (block === null) {
    throw new ApiError('validation', {
      detail: `No free /24 block is left in ${range}; pass vpc_id or vpc_name and vpc_cidr`,
    });
  }
  const plain = `vpc-${vmName}`.slice(0, 64);
  const taken = await tx.db
    .selectFrom('vpcs')
    .select('id')
    .where('account_id', '=', vpc.accountId)
    .where('name', '=', plain)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  const name =
    taken === undefined ? plain : `vpc-${vmName}`.slice(0, 55).concat('-', vmId.replaceAll('-', '').slice(-8));
  return insertVpc(tx, vpc, name, block.cidr);
}

/** Gives a machine the lowest free address of a VPC that is locked or new, and its interface there. */
export async function attachVpc(tx: Transaction, vpc: Vpc, vmId: string, nicId: number): Promise<string> {
  const block = parseBlock(vpc.cidr) as Block;
  const { rows } = await sql<{ address: string }>`
    select host(address) as address from nics where vpc_id = ${vpc.id} and type = 'vpc'
    union
    select n ->> 'address' from found_machines f, jsonb_array_elements(f.known -> 'nics') n
     where n -> 'network' ->> 'id' = ${vpc.id}::text`.execute(tx.db);
  const used = new Set(rows.map((row) => row.address));
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

async function takenBlocks(tx: Transaction, accountId: string): Promise<Block[]> {
  const rows = await tx.db
    .selectFrom('vpcs')
    .select('cidr')
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.map((row) => parseBlock(row.cidr) as Block);
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
  return { id: vpc.id, cidr };
}
