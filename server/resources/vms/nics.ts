import { limits } from '@raffia/contract/vm-rules.ts';
import type { Row } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import type { Vm } from './queries.ts';

export type Nic = Row<'nics'>;

/** The interfaces that people see of a machine whose row is locked. */
export async function nicsOf(tx: Transaction, vm: Vm): Promise<Nic[]> {
  return tx.db
    .selectFrom('nics')
    .selectAll()
    .where('vm_id', '=', vm.id)
    .where('state', '<>', 'detaching')
    .orderBy('nic_id')
    .execute();
}

/**
 * The number of a machine's next interface; what was the number of one is never another's.
 *
 * @throws ApiError 400 where it has as many as it may
 */
export async function takeNicId(tx: Transaction, vm: Vm): Promise<number> {
  if ((await nicsOf(tx, vm)).length >= limits.nicsPerVm)
    throw invalid(`A VM can have at most ${limits.nicsPerVm} network interfaces; detach one first`);
  const nicId = await nextNicId(tx, vm);
  await tx.db
    .updateTable('vms')
    .set({ next_nic_id: nicId + 1 })
    .where('id', '=', vm.id)
    .execute();
  return nicId;
}

/**
 * From here on nobody sees the interface; its address is free once its host has let go of it.
 *
 * @throws ApiError 400 where the machine would be left without one
 */
export async function partFromNic(tx: Transaction, vm: Vm, { nic_id }: Nic): Promise<void> {
  if ((await nicsOf(tx, vm)).length <= 1) throw new ApiError('lastInterface');
  const next_nic_id = await nextNicId(tx, vm);
  await tx.db.updateTable('vms').set({ next_nic_id }).where('id', '=', vm.id).execute();
  await tx.db
    .updateTable('nics')
    .set({ state: 'detaching' })
    .where('vm_id', '=', vm.id)
    .where('nic_id', '=', nic_id)
    .execute();
}

async function nextNicId({ db }: Transaction, vm: Vm): Promise<number> {
  if (vm.next_nic_id !== null) return vm.next_nic_id;
  const { last } = await db
    .selectFrom('nics')
    .select(({ fn }) => fn.max('nic_id').as('last'))
    .where('vm_id', '=', vm.id)
    .executeTakeFirstOrThrow();
  return last === null ? 0 : last + 1;
}
