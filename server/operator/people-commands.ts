import { enterPersonAudit } from '../changes/audit.ts';
import { transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { answerRequest, tierRequestsOfAll } from '../resources/operator/tier-requests.ts';
import { type Command, choice, enterDeed, type OperatorContext, operator } from './operator-command.ts';

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
      // They stand for both, and may be on what was lost.
      await tx.db.deleteFrom('passkeys').where('user_id', '=', user.id).execute();
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
  const rows = await tierRequestsOfAll(services.db).execute();
  return rows
    .map(
      (row) =>
        `${row.id}  ${row.status}  ${row.account_name} / ${row.key_name}  peak ${row.peak_rps} per second: ${row.workload.replace(/\s+/g, ' ')}\n`,
    )
    .join('');
}

const answerTierRequest: Command['run'] = async ({ services }, [id, decision], { text }) => {
  const status = choice(decision ?? '', 'approved', 'declined');
  if (!isUuid(id ?? '')) throw new Error('Give the id that raffia operator tier-request list shows');
  await transact(services.db, async (tx) => {
    const deed = await answerRequest(services, tx, id as string, status, text);
    await enterDeed(services, tx, `apikey.tier-${status}`, deed);
  });
  return 'done\n';
};

export const peopleCommands: Record<string, Command> = {
  'sign-in-link': {
    usage: 'sign-in-link EMAIL [--factor drop]',
    about:
      'Makes a one-time link with which a user sets a new password; --factor drop takes a lost second factor off, and all passkeys',
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
