import { type Transaction, transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { adoptFound, deleteFound, foundMachines, lockFound } from '../resources/operator/found-machines.ts';
import { type Command, enterDeed, onAccount, projectOf } from './operator-command.ts';

const listFound: Command['run'] = async ({ services }) => {
  const rows = await foundMachines(services.db).execute();
  if (rows.length === 0) return 'Every machine on the host is known.\n';
  const lines = rows.map(({ id, power, known, found_at, deletion }) => {
    const size = `${known.cpu ?? '?'} vCPU, ${known.ram ?? '?'} GB, disk ${known.disk ?? '?'} GB`;
    const addresses = known.nics.map((nic) => nic.address).join(', ') || 'no address known';
    return `${id}  ${known.name ?? '(name unknown)'}  ${deletion === null ? power : 'is being deleted'}  ${size}  ${addresses}  found ${found_at.toISOString()}\n`;
  });
  return `Machines on the host that no row knows, as after an older backup was restored. They are left alone; adopt or delete each:\n${lines.join('')}`;
};

const removeFound: Command['run'] = async ({ services }, [id]) =>
  transact(services.db, async (tx) => {
    await deleteFound(tx, await machineNamed(tx, id));
    return 'it is removed at the next comparison with the host\n';
  });

const adopt: Command['run'] = ({ services }, [account, project, id]) =>
  onAccount({ services }, account, async (tx, row) => {
    const machine = await machineNamed(tx, id);
    const projectId = await projectOf(tx, row.id, project);
    const { name, planId, left, deed } = await adoptFound(services, tx, row, projectId, machine);
    await enterDeed(services, tx, 'vm.adopt', deed);
    const about = left.length === 0 ? '' : `; nothing is known of the networks of ${left.join(', ')}`;
    return `VM ${machine.id} is ${name} now, with plan ${planId}${about}\n`;
  });

async function machineNamed(tx: Transaction, id = '') {
  const machine = isUuid(id) ? await lockFound(tx, id) : undefined;
  if (machine === undefined)
    throw new Error(`There is no such unknown machine ${id}; raffia operator machines lists all`);
  return machine;
}

export const foundMachineCommands: Record<string, Command> = {
  machines: { usage: 'machines', about: 'Lists machines on the host that no row knows', run: listFound },
  'machines adopt': {
    usage: 'machines adopt ACCOUNT PROJECT ID',
    about: 'Makes a VM of a machine that no row knows, from what its host knows of it',
    run: adopt,
  },
  'machines delete': {
    usage: 'machines delete ID',
    about: 'Removes a machine that no row knows from its host, for good',
    run: removeFound,
  },
};
