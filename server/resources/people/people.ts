import { randomUUIDv7 } from 'node:crypto';
import type {
  getSession,
  getSignInRules,
  listSessions,
  lookAtLink,
  requestLink,
  setPassword,
  signUp,
} from '@raffia/contract/people.ts';
import { largestPage } from '@raffia/contract/schemas.ts';
import { systemRoles } from '@raffia/contract/system-roles.ts';
import { type Kysely, sql } from 'kysely';
import { passkeyDomain } from '../../access/passkeys.ts';
import { type HashedPassword, hashToken, linkHours } from '../../access/people.ts';
import { admitted } from '../../access/sign-in-limiter.ts';
import type { OpenCall, OpenWriteCall, ReadCall, Visit } from '../../calls/route.ts';
import type { Tables } from '../../database/tables.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import { linkMail } from '../../mail/mails.ts';
import type { Services } from '../../services.ts';
import { createAccountWithoutKey } from '../account/bootstrap-account.ts';

const version = '0.1.0';

export function signInRules({ services }: OpenCall<typeof getSignInRules>) {
  const { signUp: rule, oidc, publicUrl } = services.configuration;
  const domain = passkeyDomain(publicUrl);
  return {
    success: true,
    data: {
      sign_up: rule,
      sends_mail: services.outbox.isConfigured,
      ...(oidc.issuer === null ? {} : { single_sign_on: oidc.name }),
      ...(domain === undefined ? {} : { passkey_domain: domain }),
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
        .exists(row.selectFrom('operators as o').select('o.user_id').whereRef('o.user_id', '=', 'u.id'))
        .as('is_operator'),
    )
    .select((row) =>
      row
        .selectFrom('credentials as c')
        .select('c.id')
        .whereRef('c.user_id', '=', 'u.id')
        .where('c.provider_id', '=', 'credential')
        .as('credential'),
    )
    .select((row) =>
      row
        .selectFrom('credentials as c')
        .select('c.id')
        .whereRef('c.user_id', '=', 'u.id')
        .where('c.provider_id', '=', 'oidc')
        .limit(1)
        .as('login'),
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
        has_single_sign_on: user.login !== null,
        is_operator: Boolean(user.is_operator),
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

/** Where somebody is signed in: the latest, as many as a page shows. */
export async function sessions({ services, principal }: ReadCall<typeof listSessions>) {
  const found = await services.db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', principal.id)
    .where('expires_at', '>', new Date(services.clock.now()))
    .orderBy('created_at', 'desc')
    .limit(largestPage)
    .execute();
  return {
    success: true,
    data: found.map(({ id, created_at, ip_address, user_agent }) => ({
      id,
      is_current: id === principal.credential,
      created_at: created_at.toISOString(),
      ...(ip_address ? { address: ip_address } : {}),
      ...(user_agent ? { user_agent } : {}),
    })),
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

/** @throws ApiError 403 where nobody may come, 400 for somebody who is there already, 429 */
export async function prepareSignUp({ services, body, address }: Visit<typeof signUp>): Promise<HashedPassword> {
  if (services.configuration.signUp !== 'open') throw new ApiError('signUpClosed');
  const email = body.email.toLowerCase();
  await limitByAddress(services, address, `sign-up from ${address}`);
  if (await isUser(services.db, email)) throw new ApiError('userExists');
  return services.people.hashPassword(body.password, { email, address });
}

/** A new person with an account; the page signs in afterwards. */
export async function signUpPerson({
  services,
  tx,
  body,
  prepared: password,
  audit,
}: OpenWriteCall<typeof signUp, HashedPassword>) {
  const email = body.email.toLowerCase();
  if (await isUser(tx.db, email)) throw new ApiError('userExists');
  const id = randomUUIDv7();
  await tx.db.insertInto('users').values({ id, email, name: body.name }).execute();
  await services.people.setPassword(tx, id, password);
  const { account_id } = await createAccountWithoutKey(tx, services.configuration, services.catalogue, {
    name: body.account_name,
    email,
  });
  audit.actor = { id, email };
  audit.account = { id: account_id, projectId: null };
  audit.resourceId = account_id;
  return { success: true, message: 'Welcome; sign in now' };
}

async function isUser(db: Kysely<Tables>, email: string): Promise<boolean> {
  const found = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst();
  return found !== undefined;
}

export async function lookAt({ services, tx, body }: OpenWriteCall<typeof lookAtLink, void>) {
  const { email, expires_at } = await findLink(services, tx.db, body.token);
  return { success: true, data: { email, expires_at: expires_at.toISOString() } };
}

export async function hashNewPassword({ services, body, address }: Visit<typeof setPassword>): Promise<HashedPassword> {
  const { email } = await findLink(services, services.db, body.token);
  return services.people.hashPassword(body.password, { email, address });
}

/** Uses a link up: sets the password, ends all sessions; the page signs in afterwards. */
export async function setNewPassword({
  services,
  tx,
  body,
  prepared: password,
  audit,
}: OpenWriteCall<typeof setPassword, HashedPassword>) {
  const { user_id: id, email } = await findLink(services, tx.db, body.token);
  const used = await tx.db
    .deleteFrom('one_time_links')
    .where('token_hash', '=', hashToken(body.token))
    .executeTakeFirst();
  if (used.numDeletedRows === 0n) throw new ApiError('linkExpired');
  // With the new password whatever else was under way is over.
  await tx.db.deleteFrom('one_time_links').where('user_id', '=', id).execute();
  await services.people.setPassword(tx, id, password);
  // The link came by mail, or from the operator: the address is this person's.
  await tx.db.updateTable('users').set({ email_verified: true }).where('id', '=', id).execute();
  audit.actor = { id, email };
  audit.details = { by: 'link' };
  return { success: true, data: { email } };
}

/** @throws ApiError 400 where no mail is sent, 429 */
export async function limitLinks({ services, body, address }: Visit<typeof requestLink>): Promise<void> {
  if (!services.outbox.isConfigured) {
    throw invalid('This cloud sends no mail; ask its operator for a link (raffia operator sign-in-link EMAIL)');
  }
  await limitByAddress(services, address, `link for ${body.email.toLowerCase()}`);
}

export const linkAnswer = { success: true, message: 'If this address is known here, a link has been sent to it' };

/** Mails a link to who has the address. */
export async function mailLink({ services, tx, body, origin, audit }: OpenWriteCall<typeof requestLink, void>) {
  const email = body.email.toLowerCase();
  audit.actor = { id: null, email };
  const user = await tx.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst();
  if (user === undefined) return;
  const token = await services.people.makeLink(tx, user.id, services.clock.now(), 'mail');
  const link = `${origin}/link#${token}`;
  await services.outbox.post(tx, linkMail({ userId: user.id, to: email, hours: linkHours, link }));
}

/** What anybody may ask for is limited like attempts to sign in: ten of a kind in ten minutes, thirty from one address. */
async function limitByAddress({ signInLimiter }: Services, address: string, what: string): Promise<void> {
  admitted(await signInLimiter.admit(what, address, false));
}

/** @throws ApiError 400 where there is no link with this token */
async function findLink(services: Services, db: Kysely<Tables>, token: string) {
  const found = await db
    .selectFrom('one_time_links as l')
    .innerJoin('users as u', 'u.id', 'l.user_id')
    .select(['l.user_id', 'l.expires_at', 'u.email'])
    .where('l.token_hash', '=', hashToken(token))
    .where('l.expires_at', '>', new Date(services.clock.now()))
    .executeTakeFirst();
  if (found === undefined) throw new ApiError('linkExpired');
  return found;
}
