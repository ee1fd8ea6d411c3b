import { addAbortSignal, type Readable } from 'node:stream';
import { sql } from 'kysely';
import { type BackupPoint, BackupStoreAway, BackupStoreFull } from '../../backups/backup-store.ts';
import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { done, EngineError, type MachineState, PassingFault } from '../../engines/engine.ts';
import type { Work, Workflow, WorkflowsOf, Written } from '../../operations/workflow.ts';
import { machineSpec } from '../vms/machine-spec.ts';
import type { Vm } from '../vms/queries.ts';
import { setStatus, settle, untilSettled } from '../vms/vm-workflows.ts';
import { billBackups } from './bill-backups.ts';
import { lockBackupsOf } from './lock-backups.ts';
import { pruneBackups } from './remove-backups.ts';
import { showOnVm } from './take-backup.ts';

declare module '../../operations/operation-kinds.ts' {
  interface OperationInputs {
    /** `isScheduled`: a schedule asked for it; only so many of those are begun at once. */
    'backup.create': { isScheduled: boolean };
    'backup.restore': Record<never, never>;
    /** All of one machine. */
    'backup.delete': { ids: readonly string[] };
  }
}

type Backup = Row<'backups'>;

/** How often a store that is away or full is tried, with longer and longer waits: half a minute. Meanwhile the machine waits as well. */
const attempts = 6;

/** What a store cannot do for now it is not asked for until the deadline: who wants a backup can ask again. */
async function soon<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof BackupStoreAway) && !(error instanceof BackupStoreFull)) throw error;
    throw new PassingFault(error.message, { cause: error, attempts });
  }
}

function find({ services, operation }: Pick<Work, 'services' | 'operation'>): Promise<Backup | undefined> {
  return services.db.selectFrom('backups').selectAll().where('id', '=', operation.resource_id).executeTakeFirst();
}

/** Where it is kept; undefined before it was begun. */
function pointOf({ id, account_id: accountId, vm_id: machineId, series }: Backup): BackupPoint | undefined {
  return series === null ? undefined : { id, accountId, machineId, series };
}

/** The machine's row, also of one that is being deleted, and nobody else changes its backups: in the order in which all lock. */
async function lockAll(tx: Transaction, { operation }: Written): Promise<Vm | undefined> {
  const vm = await tx.db
    .selectFrom('vms')
    .selectAll()
    .where('id', '=', operation.queue)
    .forNoKeyUpdate()
    .executeTakeFirst();
  await lockBackupsOf(tx, operation.queue);
  return vm;
}

/** It begins: which series it belongs to is known from here on. One that was deleted meanwhile, or whose machine was, does not. */
async function begin(tx: Transaction, work: Written): Promise<void> {
  const vm = await lockAll(tx, work);
  if (vm === undefined || vm.deleted_at !== null) return;
  const { rows } = await sql<{ series: string; shown_from: string | null }>`
    update backups set state = 'creating', series = coalesce(series, ${vm.backup_series}::uuid, gen_random_uuid())
     where id = ${work.operation.resource_id} and state in ('pending', 'creating') and deleted_at is null
    returning series, shown_from`.execute(tx.db);
  const [backup] = rows;
  if (backup === undefined) return;
  await tx.db.updateTable('vms').set({ backup_series: backup.series }).where('id', '=', vm.id).execute();
  if (backup.shown_from === null) await showOnVm(work.services, tx, vm, work.operation.resource_id);
}

/** What was written whole is not written again. */
async function write(work: Work): Promise<typeof done> {
  const { services, engine, signal } = work;
  const backup = await find(work);
  const point = backup && pointOf(backup);
  if (point === undefined || backup?.deleted_at !== null || backup.size_bytes !== null) return done;
  const vm = await services.db
    .selectFrom('vms')
    .select(['id', 'name', 'status'])
    .where('id', '=', point.machineId)
    .executeTakeFirst();
  if (vm === undefined || vm.status === 'failure') throw new EngineError('The VM has failed, and has no disk');
  const disk = addAbortSignal(signal, await engine.backups.export(vm, point.id));
  const { size, added } = await soon(() => services.backupStore.write(point, disk));
  await services.db
    .updateTable('backups')
    .set({ size_bytes: size, kept_bytes: added })
    .where('id', '=', point.id)
    .execute();
  return done;
}

async function removePoint(work: Work): Promise<typeof done> {
  const backup = await find(work);
  const point = backup && pointOf(backup);
  if (point !== undefined) await soon(() => work.services.backupStore.delete([point]));
  return done;
}

/** The machine shows again what it did before, unless something else happened to it. */
async function noLongerShows(tx: Transaction, work: Written, vm: Vm | undefined): Promise<void> {
  const { rows } = await sql<Pick<Backup, 'shown_from'>>`
    update backups b set shown_from = null from backups before
     where b.id = ${work.operation.resource_id} and before.id = b.id returning before.shown_from`.execute(tx.db);
  const before = rows[0]?.shown_from ?? null;
  if (before !== null && vm?.deleted_at === null && vm.status === 'provisioning') await setStatus(tx, work, before);
}

const create: Workflow<'backup.create'> = {
  steps: [
    { name: 'take up', commit: begin },
    {
      name: 'write the backup',
      act: write,
      undo: removePoint,
      commit: async (tx, work) => {
        const vm = await lockAll(tx, work);
        await noLongerShows(tx, work, vm);
        const { rows } = await sql<Backup>`
          update backups set state = case when deleted_at is null then 'ready' else 'failed' end,
                 ready_at = case when deleted_at is null then ${new Date(work.services.clock.now())}::timestamptz end
           where id = ${work.operation.resource_id} and state = 'creating' returning *`.execute(tx.db);
        const [backup] = rows;
        // One that was deleted meanwhile goes, as its deletion comes to it.
        if (backup?.deleted_at !== null) return;
        await pruneBackups(work.services, tx, backup.schedule_id);
        await billBackups(work.services, tx, backup.vm_id);
      },
    },
  ],
  // It tells why; nothing of it is kept or counted.
  failed: async (tx, work, sentence, found) => {
    const vm = await lockAll(tx, work);
    const { rows } = await sql<{ shown_from: string | null }>`
      select shown_from from backups where id = ${work.operation.resource_id}`.execute(tx.db);
    if (rows[0]?.shown_from != null && vm?.deleted_at === null)
      await settle(tx, work, `The backup was not made: ${sentence}`, found);
    await sql`
      update backups set state = 'failed', failure_reason = ${sentence}, size_bytes = null, kept_bytes = null, shown_from = null
       where id = ${work.operation.resource_id} and state in ('pending', 'creating')`.execute(tx.db);
  },
};

/** It is there as before, whether it was put back or not; what waited for that is pruned. */
async function isReadyAgain(tx: Transaction, work: Written): Promise<void> {
  await lockAll(tx, work);
  const { rows } = await sql<Backup>`
    update backups set state = 'ready' where id = ${work.operation.resource_id} and state = 'restoring' returning *`.execute(
    tx.db,
  );
  const [backup] = rows;
  if (backup?.deleted_at === null) await pruneBackups(work.services, tx, backup.schedule_id);
}

const restore: Workflow<'backup.restore'> = {
  steps: [
    {
      name: 'restore the disk',
      act: async (work) => {
        const backup = await find(work);
        const point = backup && pointOf(backup);
        if (point === undefined) throw new EngineError('The backup is gone');
        const open = async (): Promise<Readable> =>
          addAbortSignal(work.signal, await work.services.backupStore.read(point));
        const spec = await machineSpec(work.services.db, work.operation.queue);
        return soon(() => work.engine.backups.restore(spec, point.id, open));
      },
      undo: untilSettled,
      commit: isReadyAgain,
    },
  ],
  failed: async (tx, work, sentence, found: MachineState | 'gone' | 'unknown') => {
    await lockAll(tx, work);
    await settle(tx, work, `The backup was not restored: ${sentence}`, found);
    await isReadyAgain(tx, work);
  },
};

const remove: Workflow<'backup.delete'> = {
  steps: [
    {
      name: 'remove the backups',
      act: async ({ services, input }) => {
        const backups = await services.db.selectFrom('backups').selectAll().where('id', 'in', input.ids).execute();
        const points = backups
          .filter(({ deleted_at }) => deleted_at !== null)
          .flatMap((backup) => pointOf(backup) ?? []);
        await soon(() => services.backupStore.delete(points));
        return done;
      },
      commit: async (tx, { input }) => {
        await tx.db.deleteFrom('backups').where('id', 'in', input.ids).where('deleted_at', 'is not', null).execute();
      },
    },
  ],
  // The rows stay, invisible, and know what is to go: the reconciler asks for it again.
  failed: async () => {},
};

/** Work on a backup is done in the order of its machine, whose row is locked before the backup's, as by all others. */
export const backupWorkflows: WorkflowsOf<'backup'> = {
  'backup.create': create,
  'backup.restore': restore,
  'backup.delete': remove,
};
