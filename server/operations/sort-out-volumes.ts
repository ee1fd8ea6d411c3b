import { sql } from 'kysely';
import type { VolumeState } from '../engines/engine.ts';
import type { GuardedEngine } from '../engines/outside-transactions.ts';
import type { Services } from '../services.ts';

/**
 * Lists the volumes of the hosts that no row knows for the operator, and leaves them alone; those that he wants to be gone are removed. A
 * volume that was deleted is known by the snapshots that it is held for.
 */
export async function sortOutVolumes(services: Services, engine: GuardedEngine): Promise<void> {
  // One that goes meanwhile was known before, one that comes is known afterwards.
  const before = await knownIds(services);
  const all = await engine.volumes.list();
  const known = new Set([...before, ...(await knownIds(services))]);
  await list(
    services,
    all.filter(({ id }) => !known.has(id)),
  );
  await removeUnwanted(services, engine);
}

async function knownIds({ db }: Services): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select uid as id from volumes union select volume_uid from snapshots where volume_uid is not null`.execute(db);
  return rows.map(({ id }) => id);
}

/** Keeps the operator's list: with new ones, and without those that are gone or known meanwhile. */
async function list({ db, log }: Services, unknown: readonly VolumeState[]): Promise<void> {
  await sql`delete from found_volumes where id <> all (${unknown.map(({ id }) => id)}::uuid[])`.execute(db);
  for (const { id, size, machineIds, isDeleted } of unknown) {
    const { rows } = await sql<{ is_new: boolean }>`
      insert into found_volumes (id, size, machine_id, is_deleted)
      select ${id}, ${size}, ${machineIds[0] ?? null}::uuid, ${isDeleted === true}
       where not exists (select from volumes where uid = ${id})
      on conflict (id) do update set size = excluded.size, machine_id = excluded.machine_id, is_deleted = excluded.is_deleted
      returning xmax = 0 as is_new`.execute(db);
    if (rows[0]?.is_new === true)
      log.error(
        { volumeId: id },
        'a volume of ours is on the host that no row knows; it is left alone: raffia operator volumes',
      );
  }
}

async function removeUnwanted({ db, log }: Services, engine: GuardedEngine): Promise<void> {
  const unwanted = await db
    .selectFrom('found_volumes')
    .select('id')
    .where('deletion_asked_at', 'is not', null)
    .execute();
  for (const { id } of unwanted) {
    log.warn({ volumeId: id }, 'removing a volume that no row knows, as the operator wants it');
    await engine.volumes
      .delete({ id, name: '' }, { withSnapshots: true })
      .catch((error) => log.warn({ err: error, volumeId: id }, 'it could not be removed now'));
  }
}
