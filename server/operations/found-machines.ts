import { type Kysely, sql } from 'kysely';
import type { Asked } from '../database/asked.ts';
import type { Tables } from '../database/tables.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { EngineError, type MachineList, type MachineState } from '../engines/engine.ts';
import type { Services } from '../services.ts';

/** Writes down, in the transaction that decides it, that a machine up to this generation is to be gone from its host. */
export async function recordDeletion(tx: Transaction, id: string, generation: number): Promise<void> {
  await tx.db
    .insertInto('machine_deletions')
    .values({ id, generation })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ generation: sql<number>`greatest(machine_deletions.generation, ${generation}::integer)` }),
    )
    .execute();
}

/**
 * Sorts out what a host has: machines that a recorded deletion names are to go; those that neither a row nor a deletion knows are left
 * running, listed for the operator, and keep their addresses. Of those whose host does not answer nothing is decided: what was listed stays.
 *
 * @returns the machines to remove
 */
export async function sortOut(services: Services, { told, lost }: MachineList): Promise<MachineState[]> {
  const unknown: MachineState[] = [];
  const condemned: MachineState[] = [];
  const about = await knowledgeOf(services.db, told);
  for (const machine of told) {
    const { row, isHidden, deleted = -1, isBusy } = about.get(machine.id) ?? {};
    if (isBusy === true) continue;
    const isNeeded = row !== undefined && isHidden !== true && row <= machine.generation;
    if (deleted >= machine.generation && !isNeeded) condemned.push(machine);
    else if (row === undefined) unknown.push(machine);
    // After an older backup the row does not know of a later installation: the next one must be newer than what is there.
    else if (row < machine.generation) await catchUp(services.db, machine);
  }
  await list(services, unknown, [...told.map(({ id }) => id), ...lost]);
  return condemned;
}

/**
 * Passes on what an engine says of itself, unless there are machines or volumes that the operator has to decide on.
 *
 * @throws EngineError with a sentence
 */
export async function refuseUnknown(pool: Asked, about: string): Promise<string> {
  const { machines, volumes } = await countFound(pool);
  const told = Object.entries({ machine: machines, volume: volumes })
    .filter(([, count]) => count > 0)
    .map(
      ([thing, count]) =>
        `${count} ${thing}${count === 1 ? '' : 's'} on the host that the database doesn't know; raffia operator ${thing}s lists ${count === 1 ? 'it' : 'them'}`,
    );
  if (told.length === 0) return about;
  throw new EngineError(told.join('; '));
}

/** How much there is on the hosts that no row knows and that the operator has not decided on. */
export async function countFound(pool: Asked): Promise<{ machines: number; volumes: number }> {
  const { rows } = await pool.query<{ machines: number; volumes: number }>(
    `select (select count(*)::integer from found_machines f
              where not exists (select 1 from machine_deletions d where d.id = f.id)) as machines,
            (select count(*)::integer from found_volumes where deletion_asked_at is null) as volumes`,
  );
  return rows[0] ?? { machines: 0, volumes: 0 };
}

interface Knowledge {
  readonly row?: number;
  readonly isHidden?: boolean;
  readonly deleted?: number;
  readonly isBusy?: boolean;
}

async function knowledgeOf(db: Kysely<Tables>, machines: readonly MachineState[]): Promise<Map<string, Knowledge>> {
  if (machines.length === 0) return new Map();
  const ids = machines.map((machine) => machine.id);
  const { rows } = await sql<{
    id: string;
    row: number | null;
    hidden: boolean | null;
    deleted: number | null;
    busy: boolean;
  }>`
    select m.id, v.generation as row, v.deleted_at is not null as hidden, d.generation as deleted,
           exists (select 1 from operations o where o.queue = m.id and o.finished_at is null) as busy
      from unnest(${ids}::uuid[]) m (id)
      left join vms v on v.id = m.id
      left join machine_deletions d on d.id = m.id`.execute(db);
  return new Map(
    rows.map(({ id, row, hidden, deleted, busy }) => [
      id,
      {
        isBusy: busy,
        ...(row === null ? {} : { row, isHidden: hidden === true }),
        ...(deleted === null ? {} : { deleted }),
      },
    ]),
  );
}

async function catchUp(db: Kysely<Tables>, { id, generation }: MachineState): Promise<void> {
  await db.updateTable('vms').set({ generation }).where('id', '=', id).where('generation', '<', generation).execute();
}

/** Keeps the operator's list: new ones with their addresses held, and without those that are gone or known meanwhile. */
async function list(services: Services, unknown: readonly MachineState[], there: readonly string[]): Promise<void> {
  await sql`
    delete from found_machines f
     where f.id <> all (${there}::uuid[]) or exists (select 1 from vms v where v.id = f.id)`.execute(services.db);
  for (const { id, generation, power, known } of unknown) {
    const isNew = await transact(services.db, async (tx) => {
      const { rows } = await sql<{ is_new: boolean }>`
        insert into found_machines (id, generation, power, known)
        select ${id}, ${generation}, ${power}, ${JSON.stringify(known)}::jsonb
         where not exists (select 1 from vms where id = ${id})
        on conflict (id) do update set generation = excluded.generation, power = excluded.power, known = excluded.known
        returning xmax = 0 as is_new`.execute(tx.db);
      if (rows[0]?.is_new !== true) return false;
      await sql`
        insert into public_addresses (address, region, held_for)
        select a::inet, p.region, ${id} from unnest(${known.nics.map((nic) => nic.address)}::text[]) a
          join address_pools p on p.cidr >>= a::inet
        on conflict (address) do update set held_for = excluded.held_for where public_addresses.state <> 'attached'`.execute(
        tx.db,
      );
      return true;
    });
    if (isNew)
      services.log.error(
        { machineId: id, name: known.name },
        'a machine of ours is on the host that no row knows; it is left alone: raffia operator machines',
      );
  }
}
