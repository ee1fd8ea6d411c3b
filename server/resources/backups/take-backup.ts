import { randomUUIDv7 } from 'node:crypto';
import { periodMs } from '@raffia/contract/backup-slots.ts';
import type { createBackup } from '@raffia/contract/backups.ts';
import type { BackupFrequency } from '@raffia/contract/vm-rules.ts';
import type { Updateable } from 'kysely';
import { refuseWithoutFunds } from '../../billing/standing.ts';
import type { WriteCall } from '../../calls/route.ts';
import type { Row, Tables } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { notFound } from '../../foundation/api-error.ts';
import { enqueue } from '../../operations/enqueue.ts';
import type { Services } from '../../services.ts';
import { refuseByState } from '../vms/accept-action.ts';
import { lockVm, type Vm } from '../vms/queries.ts';
import { presentBackup } from './present-backup.ts';

type Backup = Row<'backups'>;
export type Schedule = Row<'backup_schedules'>;

/** Takes a backup on demand. Nothing is charged now: what it takes is counted from when it is no longer among the newest (billing.md §6). */
export async function takeBackup(call: WriteCall<typeof createBackup>) {
  const { services, tx, principal, projectId, body } = call;
  await refuseWithoutFunds(tx, principal.accountId);
  const vm = await lockVm(tx.db, principal.accountId, body.vm_id);
  if (vm === undefined || vm.project_id !== projectId) throw notFound('vm');
  refuseByState(vm, 'backup');
  const now = services.clock.now();
  const backup = await beginBackup(services, tx, vm, {
    now,
    name: body.name ?? defaultName('manual', now),
    createdBy: principal.actorId,
    expiresAt: await endOfRetention(tx, vm.id, now),
  });
  call.audit.details = { name: backup.name, vm_id: vm.id };
  return {
    success: true,
    data: presentBackup({ ...backup, increment: null, expires: backup.expires_at, month_micros: 0 }),
  };
}

/** What a backup is called that nobody gave a name. */
export function defaultName(kind: 'manual' | BackupFrequency, now: number): string {
  return `${kind}-backup-${new Date(now).toISOString().slice(0, 'YYYY-MM-DD'.length)}`;
}

interface NewBackup {
  /** When it is made, in milliseconds since 1970: its date and the end of its retention are of one moment. */
  readonly now: number;
  readonly name: string;
  readonly createdBy: string;
  readonly expiresAt?: Date | null;
  readonly schedule?: Schedule;
  /** Why it cannot be: it is put down, and nothing is done. */
  readonly failure?: string;
}

/** Writes a backup down and leaves the rest to the work on it, in the order of its machine, which is locked. */
export async function beginBackup(services: Services, tx: Transaction, vm: Vm, wanted: NewBackup): Promise<Backup> {
  const { now, name, createdBy, expiresAt = null, schedule, failure } = wanted;
  const id = randomUUIDv7();
  const backup = (await tx.db
    .insertInto('backups')
    .values({
      id,
      account_id: vm.account_id,
      project_id: vm.project_id,
      vm_id: vm.id,
      schedule_id: schedule?.id ?? null,
      name: name.slice(0, 128),
      region: vm.region,
      state: failure === undefined ? 'pending' : 'failed',
      failure_reason: failure ?? null,
      expires_at: expiresAt,
      created_by: createdBy,
      created_at: new Date(now),
    })
    .returningAll()
    .executeTakeFirstOrThrow()) as Backup;
  if (failure !== undefined) return backup;
  await showOnVm(services, tx, vm, id);
  await enqueue(services, tx, {
    kind: 'backup.create',
    accountId: vm.account_id,
    projectId: vm.project_id,
    resourceId: id,
    queue: vm.id,
    input: { isScheduled: schedule !== undefined },
    createdBy,
  });
  return backup;
}

/**
 * A machine's status tells that a backup is being taken of it, and the backup, what it was before. One that does something else shows that
 * first. The machine is locked.
 */
export async function showOnVm(services: Services, tx: Transaction, vm: Vm, backupId: string): Promise<void> {
  if (vm.status !== 'active' && vm.status !== 'passive') return;
  const change: Updateable<Tables['vms']> = {
    status: 'provisioning',
    failure_reason: null,
    updated_at: new Date(services.clock.now()),
  };
  await tx.db.updateTable('vms').set(change).where('id', '=', vm.id).execute();
  await tx.db.updateTable('backups').set({ shown_from: vm.status }).where('id', '=', backupId).execute();
}

/** One on demand is kept as long as the shortest of its machine's schedules keeps one (behaviour/storage.md §3); without any, for ever. */
async function endOfRetention(tx: Transaction, vmId: string, now: number): Promise<Date | null> {
  const schedules = await tx.db
    .selectFrom('backup_schedules')
    .select(['type', 'keep_count'])
    .where('vm_id', '=', vmId)
    .execute();
  if (schedules.length === 0) return null;
  return new Date(now + Math.min(...schedules.map(({ type, keep_count }) => keep_count * periodMs[type])));
}
