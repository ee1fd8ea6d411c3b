import { enterPersonAudit } from '../changes/audit.ts';
import { transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { audit, type Command, choice, type OperatorContext, operator } from './operator-command.ts';

const signInLink: Command['run'] = async ({ services }, [email], { factor }) => {
  const { publicUrl, listen, tls } = services.configuration;
  const token = await transact(services.db, async (tx) => {
    const user = await tx.db
      .selectFrom('users')
      .select('id')
      .where('email', '=', (email ?? '').toLowerCase())
      .executeTakeFirst();
    if (user === undefined) throw new Error(`There is no user ${email ?? ''}; give the e-mail address`);
    if (factor !== undefined) {
      choice(factor, 'drop');
      await tx.db.updateTable('users').set({ two_factor_enabled: false }).where('id', '=', user.id).execute();
    }
    await enterPersonAudit(tx, {
      email: email as string,
      verb: 'person.sign-in-link',
      actor: operator,
      address: 'operator',
      details: factor === undefined ? {} : { factor },
    });
    return services.people.makeLink(tx, user.id, services.clock.now(), 'operator');
  });
  const base = publicUrl ?? `${tls === undefined ? 'http' : 'https'}://${listen.host}:${listen.port}`;
  return `${base}/link#${token}\n`;
};

async function listTierRequests({ services }: OperatorContext): Promise<string> {
  const rows = await services.db
    .selectFrom('tier_requests as t')
    .innerJoin('api_keys as k', 'k.id', 't.api_key_id')
    .innerJoin('accounts as a', 'a.id', 't.account_id')
    .selectAll('t')
    .select(['k.name as key_name', 'a.name as account_name'])
    .orderBy('t.created_at', 'desc')
    .execute();
  return rows
    .map(
      (row) =>
        `${row.id}  ${row.status}  ${row.account_name} / ${row.key_name}  peak ${row.peak_rps} per second: ${row.workload.replace(/\s+/g, ' ')}\n`,
    )
    .join('');
}

/** An approval gives the account one more high key, and moves this one. */
const answerTierRequest: Command['run'] = async ({ services }, [id, decision], { text }) => {
  const status = choice(decision ?? '', 'approved', 'declined');
  await transact(services.db, async (tx) => {
    if (!isUuid(id ?? '')) throw new Error('Give the id that raffia operator tier-request list shows');
    const request = await tx.db
      .updateTable('tier_requests')
      .set({ status, answer: text ?? null, decided_at: new Date(services.clock.now()) })
      .where('id', '=', id as string)
      .where('status', '=', 'pending')
      .returningAll()
      .executeTakeFirst();
    if (request === undefined) throw new Error(`There is no request ${id} that waits for an answer`);
    const accountId = request.account_id;
    if (status === 'approved') {
      await tx.db
        .updateTable('accounts')
        .set((row) => ({ high_tier_allowance: row('high_tier_allowance', '+', 1) }))
        .where('id', '=', accountId)
        .execute();
      await tx.db
        .updateTable('api_keys')
        .set({ rate_limit_tier: 'high' })
        .where('id', '=', request.api_key_id)
        .execute();
    }
    await audit(
      services,
      tx,
      accountId,
      `apikey.tier-${status}`,
      { keyId: request.api_key_id, text },
      request.api_key_id,
    );
  });
  return 'done\n';
};

export const peopleCommands: Record<string, Command> = {
  'sign-in-link': {
    usage: 'sign-in-link EMAIL [--factor drop]',
    about: 'Makes a one-time link with which a user sets a new password; --factor drop takes a lost second factor off',
    run: signInLink,
  },
  'tier-request list': {
    usage: 'tier-request list',
    about: 'Lists who asked for the high tier',
    run: listTierRequests,
  },
  'tier-request answer': {
    usage: 'tier-request answer ID approved|declined [--text SENTENCE]',
    about: 'Answers; approved gives the account one more high key and moves this one',
    run: answerTierRequest,
  },
};
