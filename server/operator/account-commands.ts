import { randomUUIDv7 } from 'node:crypto';
import { billingModes } from '@raffia/contract/enums.ts';
import { fromMicros } from '@raffia/contract/money.ts';
import { ownerRoleId, systemRoles } from '@raffia/contract/system-roles.ts';
import { sql } from 'kysely';
import { type Transaction, transact } from '../database/transaction.ts';
import { nameForm } from '../foundation/canonical-form.ts';
import { aboutInvitation } from '../mail/mails.ts';
import { createAccount } from '../resources/account/bootstrap-account.ts';
import { accountsOfAll } from '../resources/operator/accounts.ts';
import {
  audit,
  type Command,
  changeAccount,
  choice,
  dollars,
  nothingGiven,
  type OperatorContext,
  onAccount,
} from './operator-command.ts';
import { quotaCommand } from './quota-command.ts';

async function listAccounts({ services }: OperatorContext): Promise<string> {
  const rows = await accountsOfAll(services.db).selectAll('a').select('u.email').orderBy('a.created_at').execute();
  return rows
    .map(
      (row) =>
        `${row.id}  ${row.name}  owner ${row.email}  ${row.billing_mode}  balance ${fromMicros(row.balance_micros)}  ` +
        `high keys ${row.high_tier_allowance}${row.is_suspended ? '  SUSPENDED' : ''}\n`,
    )
    .join('');
}

const setBalance: Command['run'] = (context, args, { set, credits, mode, payment }) =>
  changeAccount({
    ...(set === undefined ? {} : { balance_micros: dollars(set) }),
    ...(credits === undefined ? {} : { credits_micros: dollars(credits) }),
    ...(mode === undefined ? {} : { billing_mode: choice(mode, ...billingModes) }),
    ...(payment === undefined ? {} : { payment_state: choice(payment, 'good', 'failed', 'none') }),
    ...((set ?? credits ?? mode ?? payment) ? {} : nothingGiven('--set, --credits, --mode or --payment')),
  })(context, args, {});

const transferOwner: Command['run'] = (context, [account], { to }) =>
  onAccount(context, account, async (tx, row) => {
    const member = await tx.db
      .selectFrom('members as m')
      .innerJoin('users as u', 'u.id', 'm.user_id')
      .select(['m.id', 'u.id as user_id'])
      .where('m.account_id', '=', row.id)
      .where('u.email', '=', (to ?? '').toLowerCase())
      .executeTakeFirst();
    const now = new Date(context.services.clock.now());
    if (member === undefined)
      throw new Error(`${to ?? 'Nobody'} is no member of this account; raffia operator account add-member adds one`);
    if (member.user_id === row.owner_id) throw new Error(`${to} is the Owner of this account already; nothing to do`);
    const admin = systemRoles.find((role) => role.slug === 'admin')?.id as string;
    const former = tx.db.updateTable('members').set({ role_id: admin, updated_at: now });
    await former.where('account_id', '=', row.id).where('user_id', '=', row.owner_id).execute();
    const next = tx.db.updateTable('members').set({ role_id: ownerRoleId, status: 'active', updated_at: now });
    await next.where('id', '=', member.id).execute();
    await tx.db.updateTable('accounts').set({ owner_id: member.user_id }).where('id', '=', row.id).execute();
    const suspended = await tx.db
      .updateTable('api_keys')
      .set({ is_active: false })
      .where('account_id', '=', row.id)
      .where('role_id', '=', ownerRoleId)
      .where('is_active', '=', true)
      .where((key) => key.or([key('created_by', 'is', null), key('created_by', '<>', member.user_id)]))
      .returning('id')
      .execute();
    const details = { from: row.owner_id, to: member.user_id, suspendedKeys: suspended.map(({ id }) => id) };
    await audit(context.services, tx, row.id, 'account.transfer', details);
    const keys = suspended.length === 1 ? 'API key' : 'API keys';
    return (
      'done; the Owner of before is an Admin now\n' +
      `${suspended.length} ${keys} with the Owner role suspended: the new Owner can enable or revoke them\n`
    );
  });

const addMember: Command['run'] = (context, [account], { email, role, unproven }) =>
  onAccount(context, account, async (tx, row) => {
    const given = systemRoles.find(
      (known) => known.slug === role && known.scope === 'account' && known.slug !== 'owner',
    );
    if (email === undefined || !email.includes('@')) throw new Error('--email must be an e-mail address');
    if (given === undefined) throw new Error('--role must be one of: admin, billing, member');
    await refuseUnproven(tx, email, unproven);
    const user = await tx.db
      .insertInto('users')
      .values({ id: randomUUIDv7(), email: email.toLowerCase(), name: email.split('@')[0] as string })
      .onConflict((conflict) => conflict.column('email').doUpdateSet({ email: email.toLowerCase() }))
      .returning('id')
      .executeTakeFirstOrThrow();
    if (user.id === row.owner_id) throw new Error(`${email} is the Owner of this account, and has every permission`);
    // Who waits is let in, as the member that he is.
    const waiting = await tx.db
      .deleteFrom('invitations')
      .where('account_id', '=', row.id)
      .where('project_id', 'is', null)
      .where((invited) => invited(sql`lower(email)`, '=', email.toLowerCase()))
      .returning(['id', 'email'])
      .executeTakeFirst();
    if (waiting !== undefined) await context.services.outbox.withdraw(tx, aboutInvitation(waiting.id));
    await tx.db
      .insertInto('members')
      .values({ id: randomUUIDv7(), ...waiting, account_id: row.id, user_id: user.id, role_id: given.id })
      .onConflict((conflict) => conflict.columns(['account_id', 'user_id']).doUpdateSet({ role_id: given.id }))
      .execute();
    await audit(context.services, tx, row.id, 'member.add', { userId: user.id, role });
    return `user ${user.id}\n`;
  });

/**
 * Somebody may have signed up with an address that is not his: the operator gives it something only if he says so.
 *
 * @throws Error where nobody has proven the address of a user who can sign in
 */
export async function refuseUnproven(tx: Transaction, email: string, unproven: string | undefined): Promise<void> {
  if (unproven !== undefined) return;
  const stranger = await tx.db
    .selectFrom('users as u')
    .innerJoin('credentials as c', 'c.user_id', 'u.id')
    .select('u.id')
    .where('u.email', '=', email.toLowerCase())
    .where('u.email_verified', '=', false)
    .executeTakeFirst();
  if (stranger === undefined) return;
  throw new Error(
    `There is a user ${email} already, and nobody has proven that the address is his. ` +
      `Give the right person what this prints, which ends what was there: raffia operator sign-in-link ${email} ` +
      '(or pass --unproven)',
  );
}

/** As the API takes one. */
function accountName(name: string): string {
  return nameForm(name, 'NAME', 64);
}

export const accountCommands: Record<string, Command> = {
  'account list': { usage: 'account list', about: 'Lists the accounts', run: listAccounts },
  'account create': {
    usage: 'account create NAME --email E-MAIL [--unproven]',
    about: 'Creates an account with its Owner, and prints its first key',
    run: async (context, [name], { email, unproven }) => {
      if (name === undefined || email === undefined)
        throw new Error('Usage: raffia operator account create NAME --email E-MAIL [--unproven]');
      const { configuration, catalogue, db } = context.services;
      const made = await transact(db, async (tx) => {
        await refuseUnproven(tx, email, unproven);
        const account = await createAccount(tx, configuration, catalogue, { name: accountName(name), email });
        await audit(context.services, tx, account.account_id, 'account.create', { email });
        return account;
      });
      return `account ${made.account_id}\nproject ${made.project_id}\nkey     ${made.api_key}   (shown once)\n`;
    },
  },
  'account suspend': {
    usage: 'account suspend ACCOUNT',
    about: 'Lets the account only read, until it is resumed',
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
    usage: 'account add-member ACCOUNT --email E-MAIL --role admin|billing|member [--unproven]',
    about: 'Gives a person an account role',
    run: addMember,
  },
  quota: quotaCommand,
  balance: {
    usage:
      'balance ACCOUNT [--set DOLLARS] [--credits DOLLARS] [--mode payg|subscription] [--payment good|failed|none]',
    about: 'Sets balance, credits, billing mode and payment state',
    run: setBalance,
  },
};
