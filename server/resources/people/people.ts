import { randomUUIDv7 } from 'node:crypto';
import type {
  getSession,
  getSignInRules,
  lookAtLink,
  requestLink,
  setPassword,
  signUp,
} from '@raffia/contract/people.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Kysely, sql } from 'kysely';
import { hashToken, linkHours } from '../../access/people.ts';
import { auditPerson } from '../../access/people-audit.ts';
import { admitted } from '../../access/sign-in-limiter.ts';
import type { OpenCall, OpenWriteCall, ReadCall } from '../../calls/route.ts';
import { askFor } from '../../database/asker.ts';
import type { Tables } from '../../database/tables.ts';
import { transact } from '../../database/transaction.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import { linkMail } from '../../mail/mails.ts';
import type { Services } from '../../services.ts';
import { createAccountWithoutKey } from '../account/bootstrap-account.ts';
import { admitGuess } from './admit-guess.ts';

const version = '0.1.0';

export function signInRules({ services }: OpenCall<typeof getSignInRules>) {
  const { signUp: rule, oidc } = services.configuration;
  return {
    success: true,
    data: {
      sign_up: rule,
      sends_mail: services.outbox.isConfigured,
      ...(oidc.issuer === null ? {} : { single_sign_on: oidc.name }),
      version,
    },
  };
}

/** Who is signed in, with every account in which the person may do something. */
export async function session({ services, principal }: ReadCall<typeof getSession>) {
  const user = await services.db
    .selectFrom('users as u')
    .selectAll('u')
    .select((row) =>
      row
        .selectFrom('credentials as c')
        .select('c.id')
        .whereRef('c.user_id', '=', 'u.id')
        .where('c.provider_id', '=', 'credential')
        .as('credential'),
    )
    .where('u.id', '=', principal.id)
    .executeTakeFirstOrThrow();
  const { rows } = await sql<AccountRow>`
    select a.id, a.name, a.owner_id = ${principal.id} as is_owner, r.name as role_name, r.permissions,
           coalesce((select json_agg(json_build_object('id', g.project_id, 'role_name', gr.name, 'permissions', gr.permissions) order by g.created_at)
                       from project_members g join roles gr on gr.id = g.role_id
                      where g.account_id = a.id and g.user_id = ${principal.id} and g.status = 'active'), '[]') as projects
      from accounts a
      left join members m on m.account_id = a.id and m.user_id = ${principal.id}
      left join roles r on r.id = m.role_id
     where (m.status is null or m.status = 'active')
       and (a.owner_id = ${principal.id} or m.id is not null
            or exists (select 1 from project_members g where g.account_id = a.id and g.user_id = ${principal.id} and g.status = 'active'))
     order by a.owner_id = ${principal.id} desc, a.created_at`.execute(services.db);
  const ownerRole = systemRoles.find((role) => role.slug === 'owner');
  return {
    success: true,
    data: {
      user: {
        id: user.id,
        email: user.email,
        name: user.name,
        has_second_factor: user.two_factor_enabled,
        has_password: user.credential !== null,
      },
      accounts: rows.map((row) => ({
        id: row.id,
        name: row.name,
        is_owner: row.is_owner,
        ...(row.is_owner ? { role_name: 'Owner' } : row.role_name === null ? {} : { role_name: row.role_name }),
        permissions: row.is_owner ? [...(ownerRole?.permissions ?? [])] : (row.permissions ?? []),
        projects: row.projects,
      })),
    },
  };
}

interface AccountRow {
  id: string;
  name: string;
  is_owner: boolean;
  role_name: string | null;
  permissions: string[] | null;
  projects: { id: string; role_name: string; permissions: string[] }[];
}

/** A new person with an account; the page signs in afterwards. */
export async function signUpPerson(call: OpenWriteCall<typeof signUp>) {
  const { services, body } = call;
  if (services.configuration.signUp !== 'open') throw new ApiError('signUpClosed');
  const email = body.email.toLowerCase();
  limitByAddress(call, `sign-up from ${call.address}`);
  if (await isUser(services.db, email)) throw new ApiError('userExists');
  const password = await services.people.hashPassword(body.password, { email, address: call.address });
  await transact(services.db, async (tx) => {
    if (await isUser(tx.db, email)) throw new ApiError('userExists');
    const id = randomUUIDv7();
    await tx.db.insertInto('users').values({ id, email, name: body.name }).execute();
    await services.people.setPassword(tx, id, password);
    await createAccountWithoutKey(tx, services.configuration, services.catalogue, {
      name: body.account_name,
      email,
    });
  });
  return { success: true, message: 'Welcome; sign in now' };
}

async function isUser(db: Kysely<Tables>, email: string): Promise<boolean> {
  const found = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst();
  return found !== undefined;
}

export async function lookAt(call: OpenWriteCall<typeof lookAtLink>) {
  const found = await admitGuess(call, () => findLink(call.services, call.body.token), 'linkExpired');
  return { success: true, data: { email: found.email, expires_at: found.expires_at.toISOString() } };
}

/** Uses a link up: sets the password, ends all sessions; the page signs in afterwards. */
export async function setNewPassword(call: OpenWriteCall<typeof setPassword>) {
  const { services, body } = call;
  const found = await admitGuess(call, () => findLink(services, body.token), 'linkExpired');
  const password = await services.people.hashPassword(body.password, { email: found.email, address: call.address });
  await transact(services.db, async (tx) => {
    const used = await tx.db
      .deleteFrom('one_time_links')
      .where('token_hash', '=', hashToken(body.token))
      .returning('user_id')
      .executeTakeFirst();
    if (used === undefined) throw new ApiError('linkExpired');
    // With the new password whatever else was under way is over.
    await tx.db.deleteFrom('one_time_links').where('user_id', '=', used.user_id).execute();
    await services.people.setPassword(tx, used.user_id, password);
    await auditPerson(tx.db, found.email, {
      verb: 'person.password',
      address: call.address,
      requestId: call.requestId,
      details: { by: 'link' },
    });
    // The link came by mail, or from the operator: the address is this person's.
    await tx.db.updateTable('users').set({ email_verified: true }).where('id', '=', used.user_id).execute();
  });
  return { success: true, data: { email: found.email } };
}

/** Mails a link to who has the address; says the same where nobody does. */
export async function mailLink(call: OpenWriteCall<typeof requestLink>) {
  const { services, body } = call;
  if (!services.outbox.isConfigured) {
    throw invalid('This cloud sends no mail; ask its operator for a link (raffia operator sign-in-link EMAIL)');
  }
  const email = body.email.toLowerCase();
  limitByAddress(call, `link for ${email}`);
  // The answer waits for none of it: the time that it takes would tell who is a user here.
  void askFor(undefined, () =>
    transact(services.db, async (tx) => {
      const user = await tx.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst();
      if (user === undefined) return;
      const token = await services.people.makeLink(tx, user.id, services.clock.now(), 'mail');
      const link = `${call.origin}/link#${token}`;
      await services.outbox.post(tx, linkMail({ userId: user.id, to: email, hours: linkHours, link }));
    }),
  ).catch((error) => services.log.error({ err: error, requestId: call.requestId }, 'a link could not be mailed'));
  return { success: true, message: 'If somebody here has this address, a link is on its way' };
}

/** What anybody may ask for is limited like attempts to sign in: ten of a kind in ten minutes, thirty from one address. */
function limitByAddress(
  { services: { signInLimiter }, address }: { readonly services: Services; readonly address: string },
  what: string,
): void {
  admitted(signInLimiter.admit(what, address, false));
}

function findLink(services: Services, token: string) {
  return services.db
    .selectFrom('one_time_links as l')
    .innerJoin('users as u', 'u.id', 'l.user_id')
    .select(['l.user_id', 'l.expires_at', 'u.email'])
    .where('l.token_hash', '=', hashToken(token))
    .where('l.expires_at', '>', new Date(services.clock.now()))
    .executeTakeFirst();
}
