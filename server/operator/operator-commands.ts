import { randomUUIDv7 } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fromMicros, parsePrice } from '@raffia/contract/money.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { createAccount, createOwnerKey } from '../bootstrap-account.ts';
import { type Transaction, transact } from '../database/transaction.ts';
import { simulatedVerbs } from '../engines/simulated/fault-rules.ts';
import { isUuid } from '../http/gate.ts';
import { openPassword } from '../resources/vms/generated-password.ts';
import type { Services } from '../services.ts';
import { backup } from './backup.ts';

export interface OperatorContext {
  readonly services: Services;
  readonly databaseUrl: string;
  /** The embedded database's folder; undefined where the database is elsewhere. */
  readonly clusterDirectory: string | undefined;
}

interface Command {
  readonly usage: string;
  readonly about: string;
  readonly run: (
    context: OperatorContext,
    args: string[],
    options: Record<string, string | undefined>,
  ) => Promise<string>;
}

/**
 * Runs one command of the operator.
 *
 * @returns the text to print
 * @throws Error whose message is a sentence
 */
export async function runOperatorCommand(context: OperatorContext, argv: readonly string[]): Promise<string> {
  const name = [argv.slice(0, 2).join(' '), argv[0] ?? ''].find((candidate) => candidate in commands);
  if (name === undefined) return help();
  const command = commands[name] as Command;
  const names = [...command.usage.matchAll(/--(\w+)/g)].map((match) => match[1] as string);
  try {
    const { values, positionals } = parseArgs({
      args: argv.slice(name.split(' ').length),
      allowPositionals: true,
      options: Object.fromEntries(names.map((option) => [option, { type: 'string' as const }])),
    });
    return await command.run(context, positionals, values as Record<string, string | undefined>);
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS'))
      throw new Error(`Usage: raffia operator ${command.usage}`);
    throw error;
  }
}

function help(): string {
  const lines = Object.values(commands).map(({ usage, about }) => `  raffia operator ${usage}\n      ${about}`);
  return `What an operator can do (ACCOUNT is an id or a name):\n${lines.join('\n')}\n`;
}

async function listAccounts({ services }: OperatorContext): Promise<string> {
  const rows = await services.db
    .selectFrom('accounts as a')
    .innerJoin('users as u', 'u.id', 'a.owner_id')
    .selectAll('a')
    .select('u.email')
    .orderBy('a.created_at')
    .execute();
  return rows
    .map(
      (row) =>
        `${row.id}  ${row.name}  owner ${row.email}  ${row.billing_mode}  balance ${fromMicros(row.balance_micros)}  ` +
        `VMs ${row.vm_quota}  high keys ${row.high_tier_allowance}${row.is_suspended ? '  SUSPENDED' : ''}\n`,
    )
    .join('');
}

interface AccountRow {
  id: string;
  owner_id: string;
}

async function onAccount(
  { services }: OperatorContext,
  account: string | undefined,
  act: (tx: Transaction, row: AccountRow) => Promise<string>,
): Promise<string> {
  return transact(services.db, async (tx) => {
    const rows = await tx.db
      .selectFrom('accounts')
      .select(['id', 'owner_id', 'name'])
      .where(isUuid(account ?? '') ? 'id' : 'name', '=', account ?? '')
      .forNoKeyUpdate()
      .execute();
    if (rows.length > 1) throw new Error(`Several accounts are named ${account}; use the id`);
    const row = rows[0];
    if (row === undefined)
      throw new Error(`There is no account ${account ?? ''}; raffia operator account list shows all`);
    const output = await act(tx, row);
    tx.onSettled(() => services.principals.dropAccount(row.id));
    return output;
  });
}

function changeAccount(change: Record<string, unknown>): Command['run'] {
  return (context, [account]) =>
    onAccount(context, account, async (tx, row) => {
      await tx.db.updateTable('accounts').set(change).where('id', '=', row.id).execute();
      await audit(tx, row.id, 'account.update', change);
      return 'done\n';
    });
}

const setQuota: Command['run'] = (context, args, { vms, vcpus, ram }) => {
  const orNone = (text: string | undefined, name: string) => (text === 'none' ? null : count(text, name));
  return changeAccount({
    ...(vms === undefined ? {} : { vm_quota: count(vms, '--vms') }),
    ...(vcpus === undefined ? {} : { vcpu_quota: orNone(vcpus, '--vcpus') }),
    ...(ram === undefined ? {} : { ram_quota: orNone(ram, '--ram') }),
    ...((vms ?? vcpus ?? ram) ? {} : nothingGiven('--vms, --vcpus or --ram')),
  })(context, args, {});
};

const setBalance: Command['run'] = (context, args, { set, credits, mode, payment }) =>
  changeAccount({
    ...(set === undefined ? {} : { balance_micros: dollars(set) }),
    ...(credits === undefined ? {} : { credits_micros: dollars(credits) }),
    ...(mode === undefined ? {} : { billing_mode: choice(mode, 'payg', 'subscription') }),
    ...(payment === undefined ? {} : { payment_state: choice(payment, 'good', 'failed', 'none') }),
    ...((set ?? credits ?? mode ?? payment) ? {} : nothingGiven('--set, --credits, --mode or --payment')),
  })(context, args, {});

const transferOwner: Command['run'] = (context, [account], { to }) =>
  onAccount(context, account, async (tx, row) => {
    const member = await tx.db
      .selectFrom('members as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select(['m.id', 'm.user_id'])
      .where('m.account_id', '=', row.id)
      .where('u.email', '=', (to ?? '').toLowerCase())
      .executeTakeFirst();
    if (member === undefined)
      throw new Error(`${to ?? 'Nobody'} is no member of this account; raffia operator account add-member adds one`);
    const admin = systemRoles.find((role) => role.slug === 'admin')?.id as string;
    await tx.db.updateTable('accounts').set({ owner_id: member.user_id }).where('id', '=', row.id).execute();
    await tx.db
      .updateTable('members')
      .set({ user_id: row.owner_id, role_id: admin })
      .where('id', '=', member.id)
      .execute();
    await audit(tx, row.id, 'account.transfer', { from: row.owner_id, to: member.user_id });
    return 'done; the Owner of before is an Admin now\n';
  });

const addMember: Command['run'] = (context, [account], { email, role }) =>
  onAccount(context, account, async (tx, row) => {
    const given = systemRoles.find(
      (known) => known.slug === role && known.scope === 'account' && known.slug !== 'owner',
    );
    if (email === undefined || !email.includes('@')) throw new Error('--email must be an e-mail address');
    if (given === undefined) throw new Error('--role must be one of: admin, billing, member');
    const user = await tx.db
      .insertInto('users')
      .values({ id: randomUUIDv7(), email: email.toLowerCase(), name: email.split('@')[0] as string })
      .onConflict((conflict) => conflict.column('email').doUpdateSet({ email: email.toLowerCase() }))
      .returning('id')
      .executeTakeFirstOrThrow();
    await tx.db
      .insertInto('members')
      .values({ id: randomUUIDv7(), account_id: row.id, user_id: user.id, role_id: given.id })
      .onConflict((conflict) => conflict.columns(['account_id', 'user_id']).doUpdateSet({ role_id: given.id }))
      .execute();
    await audit(tx, row.id, 'member.add', { userId: user.id, role });
    return `user ${user.id}\n`;
  });

const setTier: Command['run'] = async ({ services }, [keyId, tier]) => {
  const rate_limit_tier = choice(tier ?? '', 'standard', 'high') as 'standard' | 'high';
  return transact(services.db, async (tx) => {
    const key = isUuid(keyId ?? '')
      ? await tx.db
          .updateTable('api_keys')
          .set({ rate_limit_tier })
          .where('id', '=', keyId as string)
          .returning(['key_hash', 'account_id'])
          .executeTakeFirst()
      : undefined;
    if (key === undefined) throw new Error(`There is no API key ${keyId ?? ''}; use the key's id, not its secret`);
    tx.onSettled(() => services.principals.dropKey(key.key_hash));
    await audit(tx, key.account_id, 'apikey.update', { keyId, rate_limit_tier });
    return 'done\n';
  });
};

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
    .select(['o.created_at', 'o.kind', 'o.resource_id', 'o.status', 'o.error'])
    .$if(account !== undefined, (query) =>
      query.where(isUuid(account as string) ? 'a.id' : 'a.name', '=', account as string),
    )
    .orderBy('o.sequence', 'desc')
    .limit(50)
    .execute();
  return rows
    .map(
      (row) =>
        `${row.created_at.toISOString()}  ${row.kind}  ${row.resource_id}  ${row.status}${row.error === null ? '' : `: ${row.error}`}\n`,
    )
    .join('');
};

async function audit(
  tx: Transaction,
  accountId: string,
  verb: string,
  details: Record<string, unknown>,
): Promise<void> {
  await tx.db
    .insertInto('audit_log')
    .values({
      account_id: accountId,
      verb,
      actor_kind: 'operator',
      actor_name: 'operator',
      details: JSON.stringify(details),
    })
    .execute();
}

function count(text: string | undefined, name: string): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}

function dollars(text: string): number {
  const micros = parsePrice(text);
  if (micros === null) throw new Error('Amounts are dollars, such as 100 or 99.50');
  return micros;
}

function choice(text: string, ...allowed: string[]): string {
  if (!allowed.includes(text)) throw new Error(`${text || 'Nothing'} is not one of: ${allowed.join(', ')}`);
  return text;
}

function nothingGiven(what: string): never {
  throw new Error(`Pass ${what}`);
}

/** What an operator can do; `raffia operator help` prints the list. */
const commands: Record<string, Command> = {
  'account list': { usage: 'account list', about: 'Lists the accounts', run: listAccounts },
  'account create': {
    usage: 'account create NAME --email E-MAIL',
    about: 'Creates an account with its Owner, and prints its first key',
    run: async (context, [name], { email }) => {
      if (name === undefined || email === undefined)
        throw new Error('Usage: raffia operator account create NAME --email E-MAIL');
      const { configuration, catalogue, db } = context.services;
      const made = await transact(db, (tx) => createAccount(tx, configuration, catalogue, { name, email }));
      return `account ${made.account_id}\nproject ${made.project_id}\nkey     ${made.api_key}   (shown once)\n`;
    },
  },
  'account suspend': {
    usage: 'account suspend ACCOUNT',
    about: 'Refuses paid operations',
    run: changeAccount({ is_suspended: true }),
  },
  'account resume': {
    usage: 'account resume ACCOUNT',
    about: 'Lifts a suspension',
    run: changeAccount({ is_suspended: false }),
  },
  'account transfer': {
    usage: 'account transfer ACCOUNT --to E-MAIL',
    about: 'Makes a member of the account its Owner',
    run: transferOwner,
  },
  'account add-member': {
    usage: 'account add-member ACCOUNT --email E-MAIL --role admin|billing|member',
    about: 'Gives a person an account role',
    run: addMember,
  },
  quota: {
    usage: 'quota ACCOUNT [--vms N] [--vcpus N|none] [--ram GB|none]',
    about: 'Sets quotas',
    run: setQuota,
  },
  balance: {
    usage:
      'balance ACCOUNT [--set DOLLARS] [--credits DOLLARS] [--mode payg|subscription] [--payment good|failed|none]',
    about: 'Sets balance, credits, billing mode and payment state',
    run: setBalance,
  },
  'tier allow': {
    usage: 'tier allow ACCOUNT --keys N',
    about: 'Allows an account N keys of the tier high',
    run: async (context, [account], { keys }) =>
      changeAccount({ high_tier_allowance: count(keys, '--keys') })(context, [account ?? ''], {}),
  },
  'tier set': { usage: 'tier set KEY-ID standard|high', about: 'Moves a key to a tier', run: setTier },
  'key create': {
    usage: 'key create ACCOUNT [--name NAME]',
    about: 'Makes another Owner key and prints it',
    run: async (context, [account], { name }) =>
      onAccount(context, account, async (tx, row) => {
        const secret = await createOwnerKey(tx, row.id, row.owner_id, name ?? 'Made by the operator');
        return `key ${secret}   (shown once)\n`;
      }),
  },
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
  backup: {
    usage: 'backup FILE',
    about: 'Backs up the embedded database while it runs',
    run: async ({ services, databaseUrl, clusterDirectory }, [file]) => {
      if (file === undefined) throw new Error('Usage: raffia backup FILE');
      if (clusterDirectory === undefined)
        throw new Error('The database is not the embedded one; use its own tools, such as pg_dump');
      return backup(services.configuration.dataDirectory, clusterDirectory, databaseUrl, file);
    },
  },
};
