import type { Kysely } from 'kysely';
import type { Row, Tables } from '../../database/tables.ts';
import { MachineGone } from '../engine.ts';

export type Machine = Row<'simulated_machines'>;

export function findMachine(db: Kysely<Tables>, id: string): Promise<Machine | undefined> {
  return db.selectFrom('simulated_machines').selectAll().where('id', '=', id).executeTakeFirst();
}

/** @throws MachineGone where it is not there */
export async function existingMachine(db: Kysely<Tables>, id: string): Promise<Machine> {
  const machine = await findMachine(db, id);
  if (machine === undefined) throw new MachineGone();
  return machine;
}
