import type { Row } from '../database/tables.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { beginVolumeTerm } from '../resources/volumes/create-volume.ts';
import { audit, type Command, onAccount, projectOf } from './operator-command.ts';

type Found = Row<'found_volumes'>;

const listFound: Command['run'] = async ({ services }) => {
  const rows = await services.db.selectFrom('found_volumes').selectAll().orderBy('found_at').orderBy('id').execute();
  if (rows.length === 0) return 'Every volume on the host is known.\n';
  const lines = rows.map(
    (found) => `${found.id}  ${found.size} GB  ${about(found)}  found ${found.found_at.toISOString()}\n`,
  );
  return `Volumes on the host that no row knows, as after an older backup was restored. They are left alone; adopt or delete each:\n${lines.join('')}`;
};

function about({ machine_id, is_deleted, deletion_asked_at }: Found): string {
  if (deletion_asked_at !== null) return 'is being deleted';
  if (is_deleted) return 'was deleted, and is there for its snapshots';
  return machine_id === null ? 'no VM has it' : `VM ${machine_id} has it`;
}

const deleteFound: Command['run'] = async ({ services }, [id]) =>
  transact(services.db, async (tx) => {
    const { id: found } = await lockFound(tx, id);
    const deletion_asked_at = new Date(services.clock.now());
    await tx.db.updateTable('found_volumes').set({ deletion_asked_at }).where('id', '=', found).execute();
    return 'it is removed at the next comparison with the host, and its snapshots with it\n';
  });

/** Makes the row of a volume; its name, and what file system was to be made on it, nobody knows any more. */
const adopt: Command['run'] = (context, [account, project, id]) =>
  onAccount(context, account, async (tx, { id: accountId, owner_id }) => {
    const { services } = context;
    const found = await lockFound(tx, id);
    if (found.is_deleted || found.deletion_asked_at !== null) {
      throw new Error(`Volume ${found.id} ${about(found)}: it cannot be adopted`);
    }
    const projectId = await projectOf(tx, accountId, project);
    const region = await regionOf(tx, found, projectId);
    const now = new Date(services.clock.now());
    const name = `adopted-${found.id.slice(-8)}`;
    const volume = await tx.db
      .insertInto('volumes')
      .values({
        uid: found.id,
        account_id: accountId,
        project_id: projectId,
        vm_id: found.machine_id,
        plugged_vm_id: found.machine_id,
        name,
        size: found.size,
        filesystem: null,
        status: found.machine_id === null ? 'available' : 'attached',
        region,
        price_month_micros: services.catalogue.volumeMonthMicros(region) * found.size,
        subscription_id: null,
        created_by: owner_id,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await beginVolumeTerm({ services, tx }, volume, 'Volume adopted');
    await tx.db.deleteFrom('found_volumes').where('id', '=', found.id).execute();
    await audit(services, tx, accountId, 'volume.adopt', { id: String(volume.id), name }, String(volume.id), projectId);
    return `volume ${volume.id} is ${name} now\n`;
  });

/** Where it lies: with the machine that has it, which is locked so that it stays. */
async function regionOf(tx: Transaction, { id, machine_id }: Found, projectId: string): Promise<string> {
  if (machine_id === null) {
    const project = tx.db.selectFrom('projects').select('default_region').where('id', '=', projectId);
    return (await project.executeTakeFirstOrThrow()).default_region;
  }
  const vm = await tx.db
    .selectFrom('vms')
    .select('region')
    .where('id', '=', machine_id)
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (vm === undefined) {
    throw new Error(`VM ${machine_id} has volume ${id}, and is none of that project; adopt the machine there first`);
  }
  return vm.region;
}

async function lockFound(tx: Transaction, id: string | undefined): Promise<Found> {
  const found = isUuid(id ?? '')
    ? await tx.db
        .selectFrom('found_volumes')
        .selectAll()
        .where('id', '=', id as string)
        .forUpdate()
        .executeTakeFirst()
    : undefined;
  if (found === undefined)
    throw new Error(`There is no such unknown volume ${id ?? ''}; raffia operator volumes lists all`);
  return found;
}

export const foundVolumeCommands: Record<string, Command> = {
  volumes: { usage: 'volumes', about: 'Lists volumes on the host that no row knows', run: listFound },
  'volumes adopt': {
    usage: 'volumes adopt ACCOUNT PROJECT ID',
    about: 'Makes a volume of one that no row knows, attached to the VM that has it',
    run: adopt,
  },
  'volumes delete': {
    usage: 'volumes delete ID',
    about: 'Removes a volume that no row knows from its host with its snapshots, for good',
    run: deleteFound,
  },
};
