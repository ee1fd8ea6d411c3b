import { enterPersonAudit } from '../changes/audit.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { refuseUnproven } from './account-commands.ts';
import { type Command, type OperatorContext, operator } from './operator-command.ts';

const add: Command['run'] = async ({ services }, [email], { unproven }) =>
  transact(services.db, async (tx) => {
    const user = await userNamed(tx, email);
    await refuseUnproven(tx, user.email, unproven);
    const isNew = await services.people.makeOperator(tx, user.id);
    if (!isNew) return `${user.email} is an operator already; nothing to do\n`;
    await enter(tx, user.email, 'person.operator-on');
    return `${user.email} is an operator of this cloud now, in every session\n`;
  });

const remove: Command['run'] = async ({ services }, [email]) =>
  transact(services.db, async (tx) => {
    const user = await userNamed(tx, email);
    const was = await services.people.endOperator(tx, user.id);
    if (!was) throw new Error(`${user.email} is no operator; raffia operator people lists all`);
    await enter(tx, user.email, 'person.operator-off');
    return `${user.email} is no operator any more, in any session\n`;
  });

async function list({ services }: OperatorContext): Promise<string> {
  const rows = await services.db
    .selectFrom('operators as o')
    .innerJoin('users as u', 'u.id', 'o.user_id')
    .select(['u.email', 'u.two_factor_enabled', 'o.created_at'])
    .orderBy('u.email')
    .execute();
  if (rows.length === 0)
    return 'Nobody is an operator in the dashboard; raffia operator people add EMAIL makes somebody one.\n';
  return rows
    .map(
      ({ email, two_factor_enabled, created_at }) =>
        `${email}  since ${created_at.toISOString()}  ${two_factor_enabled ? 'with a second factor' : 'WITHOUT a second factor'}\n`,
    )
    .join('');
}

async function userNamed(tx: Transaction, email = ''): Promise<{ id: string; email: string }> {
  const user = await tx.db
    .selectFrom('users')
    .select(['id', 'email'])
    .where('email', '=', email.toLowerCase())
    .executeTakeFirst();
  if (user === undefined) throw new Error(`There is no user ${email}; give the e-mail address`);
  return user;
}

const enter = (tx: Transaction, email: string, verb: 'person.operator-on' | 'person.operator-off') =>
  enterPersonAudit(tx, { email, verb, actor: operator, address: 'operator' });

export const operatorPeopleCommands: Record<string, Command> = {
  people: { usage: 'people', about: 'Lists who is an operator in the dashboard', run: list },
  'people add': {
    usage: 'people add EMAIL [--unproven]',
    about: 'Makes a person an operator in the dashboard: nodes, queue, capacity, accounts, quotas',
    run: add,
  },
  'people remove': {
    usage: 'people remove EMAIL',
    about: 'Takes that away, at once and from open pages as well',
    run: remove,
  },
};
