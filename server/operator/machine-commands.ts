import { transact } from '../database/transaction.ts';
import { simulatedVerbs } from '../engines/simulated/simulated-verbs.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { openPassword } from '../resources/vms/generated-password.ts';
import { type Command, choice, count, type OperatorContext } from './operator-command.ts';

const addFault: Command['run'] = async ({ services }, [verb], { name, count: times, fail, delay }) => {
  const known = choice(verb ?? '', ...simulatedVerbs, '*');
  if ((fail === undefined) === (delay === undefined))
    throw new Error('Pass exactly one of --fail SENTENCE and --delay MS');
  const row = await services.db
    .insertInto('simulated_faults')
    .values({
      verb: known,
      name_pattern: name ?? '*',
      remaining: times === undefined ? null : count(times, '--count'),
      delay_ms: delay === undefined ? null : count(delay, '--delay'),
      message: fail ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return `fault ${row.id}\n`;
};

async function listFaults({ services }: OperatorContext): Promise<string> {
  const rows = await services.db.selectFrom('simulated_faults').selectAll().orderBy('id').execute();
  return rows
    .map((row) => {
      const what = row.message === null ? `takes ${row.delay_ms} ms` : `fails: ${row.message}`;
      return `${row.id}  ${row.verb} of ${row.name_pattern} ${what}  ${row.remaining === null ? 'always' : `${row.remaining} times`}\n`;
    })
    .join('');
}

const listOperations: Command['run'] = async ({ services }, [account]) => {
  const rows = await services.db
    .selectFrom('operations as o')
    .innerJoin('accounts as a', 'a.id', 'o.account_id')
    .select(['o.created_at', 'o.kind', 'o.resource_id', 'o.status', 'o.error', 'o.waiting_for'])
    .$if(account !== undefined, (query) =>
      query.where(isUuid(account as string) ? 'a.id' : 'a.name', '=', account as string),
    )
    .orderBy('o.sequence', 'desc')
    .limit(50)
    .execute();
  return rows
    .map(
      (row) =>
        `${row.created_at.toISOString()}  ${row.kind}  ${row.resource_id}  ${row.status}${(row.error ?? row.waiting_for) === null ? '' : `: ${row.error ?? `waits: ${row.waiting_for}`}`}\n`,
    )
    .join('');
};

export const machineCommands: Record<string, Command> = {
  password: {
    usage: 'password VM-ID',
    about: 'Shows a generated VM password, once',
    run: async ({ services }, [vm]) => {
      const password = isUuid(vm ?? '')
        ? await transact(services.db, (tx) => openPassword(services, tx, vm as string))
        : undefined;
      if (password === undefined) throw new Error('There is no sealed password for this VM; it can be looked at once');
      return `${password}\n`;
    },
  },
  'fault add': {
    usage: `fault add ${simulatedVerbs.join('|')}|* --name PATTERN [--count N] [--fail SENTENCE | --delay MS]`,
    about: 'Makes the simulated engine fail or dawdle; * in PATTERN stands for anything',
    run: addFault,
  },
  'fault list': { usage: 'fault list', about: 'Lists the faults', run: listFaults },
  'fault remove': {
    usage: 'fault remove ID',
    about: 'Removes a fault',
    run: async ({ services }, [id]) => {
      const gone = await services.db
        .deleteFrom('simulated_faults')
        .where('id', '=', count(id, 'ID'))
        .executeTakeFirst();
      if (gone.numDeletedRows === 0n) throw new Error(`There is no fault ${id}; raffia operator fault list shows all`);
      return 'removed\n';
    },
  },
  operations: {
    usage: 'operations [ACCOUNT]',
    about: 'Shows the latest operations and why they failed',
    run: listOperations,
  },
};
