import { randomUUID } from 'node:crypto';
import type {
  createBackupSchedule,
  deleteBackupSchedule,
  updateBackupSchedule,
} from '@raffia/contract/backup-schedules.ts';
import { nextSlot, type Slots } from '@raffia/contract/backup-slots.ts';
import { parseTimeOfDay, weekdays } from '@raffia/contract/vm-rules.ts';
import type { Change, WriteCall } from '../../calls/route.ts';
import type { Row } from '../../database/tables.ts';
import { invalid, notFound } from '../../foundation/api-error.ts';
import { lockBackupsOf } from '../backups/lock-backups.ts';
import { pruneBackups } from '../backups/remove-backups.ts';
import { lockVm, type Vm } from '../vms/queries.ts';
import { presentOne } from './read-schedules.ts';

type Schedule = Row<'backup_schedules'>;
type ById = Change & { readonly params: { readonly id: number } };

/** A machine gets one more schedule; the first backup is taken at its next time. */
export async function addSchedule(call: WriteCall<typeof createBackupSchedule>) {
  const { tx, principal, projectId, body } = call;
  const vm = await lockVm(tx.db, principal.accountId, body.vm_id);
  if (vm === undefined || vm.project_id !== projectId) throw notFound('vm');
  if (vm.status === 'failure') throw invalid('This VM has failed, and can only be deleted');
  const slots = checked({ type: body.type, time: body.time, day_of_week: body.day_of_week ?? null });
  const id = await insertSchedule(call, vm, slots, body.keep_count);
  call.audit.details = { vm_id: vm.id, ...slots, keep_count: body.keep_count };
  return { success: true, data: await presentOne(tx.db, principal.accountId, id) };
}

/** Writes a schedule down, whose times are known to be good. */
export async function insertSchedule(
  { services, tx, principal }: Change,
  vm: Pick<Vm, 'id' | 'account_id' | 'project_id' | 'region'>,
  slots: Slots,
  keepCount: number,
): Promise<number> {
  const now = services.clock.now();
  const { id } = await tx.db
    .insertInto('backup_schedules')
    .values({
      // Its name begins as this does: one that begins with the time would be that of its neighbours.
      uid: randomUUID(),
      account_id: vm.account_id,
      project_id: vm.project_id,
      vm_id: vm.id,
      region: vm.region,
      ...slots,
      keep_count: keepCount,
      due_at: nextSlot(slots, now),
      created_by: principal.actorId,
      created_at: new Date(now),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Changes what is named. With other times the next one is theirs; with fewer to keep, the oldest go at once. */
export async function changeSchedule(call: WriteCall<typeof updateBackupSchedule>) {
  const { services, tx, principal, body } = call;
  const before = await lockSchedule(call);
  const { type = before.type, time = before.time, keep_count = before.keep_count } = body;
  const day = body.day_of_week === undefined ? before.day_of_week : body.day_of_week || null;
  const slots = checked({ type, time, day_of_week: day });
  const isOther = (['type', 'time', 'day_of_week'] as const).some((name) => slots[name] !== before[name]);
  await tx.db
    .updateTable('backup_schedules')
    .set({ ...slots, keep_count, ...(isOther ? { due_at: nextSlot(slots, services.clock.now()) } : {}) })
    .where('id', '=', before.id)
    .execute();
  if (keep_count < before.keep_count) await pruneBackups(services, tx, before.id);
  call.audit.details = { ...body };
  return { success: true, data: await presentOne(tx.db, principal.accountId, before.id) };
}

/** Deletes a schedule. What it took is kept, and nothing prunes it any more. */
export async function deleteSchedule(call: WriteCall<typeof deleteBackupSchedule>) {
  const schedule = await lockSchedule(call);
  await call.tx.db.deleteFrom('backup_schedules').where('id', '=', schedule.id).execute();
  call.audit.details = { vm_id: schedule.vm_id };
  return { success: true, message: 'The backup schedule is deleted; its backups are kept' };
}

/**
 * A daily schedule has no day.
 *
 * @throws ApiError 400 where the time cannot be read, or a weekly one lacks its day
 */
function checked(slots: Slots): Slots {
  if (parseTimeOfDay(slots.time) === null) throw invalid('time must be a time of day such as 8am, 8:30pm or 20:30');
  if (slots.type === 'daily') return { ...slots, day_of_week: null };
  if (slots.day_of_week === null) {
    throw invalid(`day_of_week is required for weekly backups and must be one of: ${weekdays.join(', ')}`);
  }
  return slots;
}

/** @throws ApiError 404 where it is gone */
async function lockSchedule({ tx, principal, params }: ById): Promise<Schedule> {
  const found = await tx.db
    .selectFrom('backup_schedules')
    .select('vm_id')
    .where('id', '=', params.id)
    .executeTakeFirst();
  if (found === undefined) throw notFound('backupSchedule');
  await lockBackupsOf(tx, found.vm_id);
  const row = await tx.db
    .selectFrom('backup_schedules')
    .selectAll()
    .where('id', '=', params.id)
    .where('account_id', '=', principal.accountId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw notFound('backupSchedule');
  return row;
}
