import { sql } from 'kysely';
import type { Transaction } from '../../database/transaction.ts';
import { done, type Progress } from '../../engines/engine.ts';
import type { Step, Work, Workflow, WorkflowsOf, Written } from '../../operations/workflow.ts';
import { removeEmptyVpcs } from './left-vpcs.ts';
import { letGoOfRouter, networkSpec } from './vpc-gateways.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    'vpc.gateway': Record<never, never>;
  }
}

async function apply({ services, engine, operation }: Work): Promise<Progress> {
  const network = await networkSpec(services.db, operation.resource_id);
  return network === undefined ? done : engine.networks.apply(network);
}

/** The VPC, locked; undefined where it is gone, or work that was asked for later will have the last word on its gateway. */
async function lockVpc(tx: Transaction, { operation }: Written) {
  const { resource_id, queue, sequence } = operation;
  const vpc = await tx.db
    .selectFrom('vpcs')
    .selectAll()
    .where('id', '=', resource_id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const { rows } = await sql`
    select from operations where queue = ${queue} and kind = 'vpc.gateway' and sequence > ${sequence} and finished_at is null`.execute(
    tx.db,
  );
  return rows.length === 0 ? vpc : undefined;
}

const becomes = (router_status: 'active' | 'failure') => async (tx: Transaction, work: Written) => {
  const vpc = await lockVpc(tx, work);
  if (vpc?.gateway_type !== 'nat') return;
  await tx.db.updateTable('vpcs').set({ router_status }).where('id', '=', vpc.id).execute();
};

/** Work on its machines that was asked for earlier knew the VPC otherwise, and may make its network as it knew it. */
const awaitMachines: Step<'vpc.gateway'> = {
  name: 'wait for earlier work',
  waitsForGuest: true,
  act: async ({ services, operation, elapsedMs }) => {
    const { rows } = await sql`
      select from operations o join nics n on n.vm_id = o.queue
       where n.vpc_id = ${operation.resource_id} and o.sequence < ${operation.sequence} and o.finished_at is null limit 1`.execute(
      services.db,
    );
    return rows.length === 0 ? done : { done: false, retryInMs: elapsedMs < 10_000 ? 100 : 1000 };
  },
};

/** Opens or closes the gateway, as the row says; its address is free once no host has it. */
const gateway: Workflow<'vpc.gateway'> = {
  steps: [
    { name: 'set the gateway', act: apply, commit: becomes('active') },
    awaitMachines,
    {
      name: 'set it again',
      act: apply,
      commit: async (tx, work) => {
        const vpc = await lockVpc(tx, work);
        if (vpc === undefined || vpc.gateway_type !== 'none') return;
        await letGoOfRouter(tx, vpc, new Date(work.services.clock.now()));
        if (vpc.deleted_at !== null) await removeEmptyVpcs(tx, [vpc.id]);
      },
    },
  ],
  // One that could not be closed holds its address: the reconciler asks again.
  failed: becomes('failure'),
};

export const vpcWorkflows: WorkflowsOf<'vpc'> = { 'vpc.gateway': gateway };
