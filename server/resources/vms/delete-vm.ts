import type { deleteVM, deleteVMsBulk } from '@raffia/contract/vms.ts';
import { sql } from 'kysely';
import { lockAccount } from '../../billing/lock-account.ts';
import { endTerms } from '../../billing/terms.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import { ApiError, invalid, notFound } from '../../foundation/api-error.ts';
import { recordDeletion } from '../../operations/found-machines.ts';
import { leaveBackups, refuseWhileBackedUp } from '../backups/leave-backups.ts';
import { partFromPublicAddresses } from '../ips/public-addresses.ts';
import { endSnapshotsOf } from '../snapshots/end-snapshots.ts';
import { leaveVolumes } from '../volumes/leave-volumes.ts';
import { partFromVpcs } from '../vpcs/vpc-gateways.ts';
import { isLeaving } from '../vpcs/vpc-view.ts';
import { beginWork, refuseByState } from './accept-action.ts';
import { lockVm, type Vm } from './queries.ts';

interface DeleteOptions {
  readonly volumeAction: 'detach' | 'delete';
  readonly deleteVpc: boolean;
}

/** Deletes one machine. Volumes are kept unless asked otherwise: what cannot be undone is never the default (compute.md §4). */
export async function deleteVm(call: WriteCall<typeof deleteVM>) {
  const { principal, tx, body, params } = call;
  await lockAccount(tx, principal.accountId);
  const vm = await lockVm(tx.db, principal.accountId, params.id);
  if (vm === undefined) throw notFound('vm');
  await acceptDeletion(call, vm, {
    volumeAction: body.volume_action ?? 'detach',
    deleteVpc: body.delete_vpc ?? true,
  });
  return { success: true, message: 'The VM is being deleted' };
}

/** Deletes up to 50 machines of one project, each on its own; the answer tells of each. */
export async function deleteVmsBulk(call: WriteCall<typeof deleteVMsBulk>) {
  const { principal, projectId, tx, body } = call;
  await lockAccount(tx, principal.accountId);
  const options = { volumeAction: body.volume_action ?? ('delete' as const), deleteVpc: body.delete_vpc ?? true };
  const results: { id: string; success: boolean; message?: string; error?: string }[] = [];
  for (const id of body.ids.map((asked) => asked.toLowerCase())) {
    const vm = await lockVm(tx.db, principal.accountId, id);
    if (vm === undefined || vm.project_id !== projectId) {
      results.push({ id, success: false, error: 'VM not found' });
      continue;
    }
    try {
      await acceptDeletion(call, vm, options);
      results.push({ id, success: true, message: 'The VM is being deleted' });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      results.push({ id, success: false, error: error.message });
    }
  }
  const success_count = results.filter((result) => result.success).length;
  call.audit.details = { ids: body.ids };
  return {
    success: success_count > 0,
    message: `${success_count} of ${results.length} VMs are being deleted`,
    total_count: results.length,
    success_count,
    failed_count: results.length - success_count,
    results,
  };
}

/** From here on the machine does not exist for the API; its addresses are free once its host has let go of it. */
async function acceptDeletion(call: Change, vm: Vm, options: DeleteOptions): Promise<void> {
  const { services, tx } = call;
  refuseByState(vm, 'delete');
  await refuseWhileCapturing(call, vm);
  await refuseWhileBackedUp(call, vm.id);
  const now = new Date(services.clock.now());
  await tx.db.updateTable('vms').set({ deleted_at: now, updated_at: now }).where('id', '=', vm.id).execute();
  await tx.db
    .updateTable('operations')
    .set({ cancelled: true, not_before: null })
    .where('queue', '=', vm.id)
    // A volume and its snapshots outlive the machine; what is to be removed from where backups are kept, is.
    .where((is) =>
      is.or([
        is.and([is('resource_kind', 'in', ['vm', 'snapshot']), sql<boolean>`input->>'volumeUid' is null`]),
        is('kind', 'in', ['backup.create', 'backup.restore']),
      ]),
    )
    .where('finished_at', 'is', null)
    .execute();
  await endSnapshotsOf(call, vm.id);
  await leaveBackups(call, vm.id);
  await leaveVolumes(call, vm.id, options.volumeAction);
  const reason = `VM ${vm.name} deleted, unused time`;
  await endTerms(tx, { kind: 'vm', id: vm.id }, now, { reason, resourceId: vm.id });
  if (options.deleteVpc) await letGoOfVpcs(call, vm);
  await partFromPublicAddresses(tx, vm.id, now);
  await recordDeletion(tx, vm.id, vm.generation);
  await beginWork(call, vm, 'vm.delete', {});
}

/** What is to outlive the machine, or shows in its status; a snapshot that waits for its turn, or is to go, goes with the machine. */
async function refuseWhileCapturing({ tx }: Change, vm: Vm): Promise<void> {
  const saving = await tx.db
    .selectFrom('operations')
    .select('id')
    .where('resource_id', '=', vm.id)
    .where('kind', '=', 'vm.save-image')
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  if (saving !== undefined) throw invalid('An image of this VM is being saved; delete it when that is done');
  const { rows } = await sql`
    select from operations o join snapshots s on s.uid = o.resource_id and s.vm_id = o.queue and s.deleted_at is null
     where o.queue = ${vm.id} and o.kind = 'snapshot.create' and o.finished_at is null
       and not exists (select from operations older
                        where older.queue = o.queue and older.finished_at is null and older.sequence < o.sequence)`.execute(
    tx.db,
  );
  if (rows.length > 0) throw invalid('A snapshot of this VM is being taken; delete it when that is done');
}

/**
 * The machine's VPCs that no other machine uses disappear with it: their names and blocks are free at once. They are locked first, so that
 * whoever is joining one at this moment is seen, or comes too late.
 */
async function letGoOfVpcs({ services, tx, principal }: Change, vm: Vm): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select id from vpcs
     where id in (select vpc_id from nics where vm_id = ${vm.id} and state <> 'detaching') and deleted_at is null
     order by id for update`.execute(tx.db);
  const { rows: empty } = await sql<{ id: string }>`
    select id from vpcs
     where id = any (${rows.map(({ id }) => id)}::uuid[])
       and not exists (select from nics n
                        where n.vpc_id = vpcs.id and n.vm_id <> ${vm.id} and not ${isLeaving})`.execute(tx.db);
  const ids = empty.map(({ id }) => id);
  await partFromVpcs(services, tx, ids, principal.actorId);
}
