import { randomUUIDv7 } from 'node:crypto';
import type { createVPC, deleteVPC, updateVPC } from '@raffia/contract/vpcs.ts';
import { sql } from 'kysely';
import { lockOwnRow } from '../../access/own-row.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { createChosenVpc } from './attach-vpc.ts';
import { isLeaving, presentVpc, usedIps } from './vpc-view.ts';

/** Creates a VPC with a chosen block, which no other of the account overlaps. */
export async function createOneVpc(call: WriteCall<typeof createVPC>) {
  const { services, tx, principal, projectId, body } = call;
  const { accountId } = principal;
  // Two VPCs of an account must not choose one block.
  await tx.db.selectFrom('accounts').select('id').where('id', '=', accountId).forNoKeyUpdate().execute();
  const id = randomUUIDv7();
  const now = new Date(services.clock.now());
  const region = body.region ?? services.catalogue.defaultRegion;
  const { name, cidr, description, dns } = body;
  await createChosenVpc(tx, { id, accountId, projectId, region, now, description, dns }, name, cidr);
  call.audit.details = { name, cidr };
  return { success: true, data: await presented(call, id) };
}

/** Changes name, description or both; block and region stay. */
export async function updateOneVpc(call: WriteCall<typeof updateVPC>) {
  const { services, tx, principal, params, body } = call;
  const { name, description } = body;
  if (name === undefined && description === undefined) {
    throw invalid('At least one field is required: name or description');
  }
  const changed = await tx.db
    .updateTable('vpcs')
    .set({
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      updated_at: new Date(services.clock.now()),
    })
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .where('deleted_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (changed === undefined) throw notFound('vpc');
  call.audit.details = { ...body };
  return { success: true, data: await presented(call, params.id) };
}

/** Deletes a VPC that no machine is in. Where one is still leaving, name and block are free at once, and the row goes with it. */
export async function deleteOneVpc(call: WriteCall<typeof deleteVPC>) {
  const { services, tx, principal, params } = call;
  // Whoever joins holds the row: either he comes too late, or his interface is seen here.
  const vpc = await lockOwnRow(tx, 'vpc', principal.accountId, params.id);
  const { rows } = await sql<{ vm: string; is_leaving: boolean }>`
    select v.name as vm, ${isLeaving} as is_leaving from nics n join vms v on v.id = n.vm_id
     where n.vpc_id = ${vpc.id} order by is_leaving, v.created_at, v.id`.execute(tx.db);
  const there = rows.filter((row) => !row.is_leaving);
  if (there.length > 0) {
    throw invalid(
      `The VPC still has ${there.length === 1 ? 'the VM' : `${there.length} VMs, among them`} ${there[0]?.vm}; detach or delete ${there.length === 1 ? 'it' : 'them'} first`,
    );
  }
  if (rows.length === 0) await tx.db.deleteFrom('vpcs').where('id', '=', vpc.id).execute();
  else {
    const now = new Date(services.clock.now());
    await tx.db.updateTable('vpcs').set({ deleted_at: now }).where('id', '=', vpc.id).execute();
  }
  call.audit.details = { name: vpc.name, cidr: vpc.cidr };
  return { success: true, message: 'The VPC was deleted' };
}

async function presented({ services, tx }: Change, id: string) {
  const vpc = await tx.db.selectFrom('vpcs').selectAll().select(usedIps).where('id', '=', id).executeTakeFirstOrThrow();
  return presentVpc(services, vpc);
}
