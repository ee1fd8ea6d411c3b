import { randomUUIDv7 } from 'node:crypto';
import type { acceptInvitation, lookAtInvitation } from '@raffia/contract/people.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { type Kysely, sql } from 'kysely';
import { changeAuthority } from '../../access/authority.ts';
import { type HashedPassword, hashToken } from '../../access/people.ts';
import { stillMayGive } from '../../access/still-may-give.ts';
import type { OpenWriteCall, Visit } from '../../calls/route.ts';
import type { Row, Tables } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';
import type { Services } from '../../services.ts';

/** What an invitation's link invites to. */
export async function look({ services, tx, body }: OpenWriteCall<typeof lookAtInvitation, void>) {
  const found = await find(services, tx.db, body.token);
  return {
    success: true,
    data: {
      email: found.email,
      account_name: found.account_name,
      ...(found.project_name === null ? {} : { project_name: found.project_name }),
      role_name: found.role_name,
      invited_by_name: found.invited_by_name,
      expires_at: found.expires_at.toISOString(),
      is_known: mustSignIn(found),
    },
  };
}

/** Who accepts: the person signed in, or somebody new with the password that he chose. */
type Comer = { readonly found: Found } & ({ readonly id: string } | { readonly password: HashedPassword });

/**
 * A person who is known has to be signed in as the one who was invited; a new one chooses a password.
 *
 * @throws ApiError 400 expired, used or cancelled; 403 sign in first, signed in as somebody else, or nobody new may come; 429, 503
 */
export async function prepareAcceptance(visit: Visit<typeof acceptInvitation>): Promise<Comer> {
  const { services, body, caller } = visit;
  const found = await find(services, services.db, body.token);
  const person = caller?.state === 'in' ? caller : undefined;
  if (person !== undefined && person.email !== found.email.toLowerCase()) {
    throw new ApiError('forbidden', {
      detail: `The invitation is for ${found.email}, and you are signed in as ${person.email}; sign out first`,
    });
  }
  if (person !== undefined) return { found, id: person.id };
  if (mustSignIn(found)) {
    throw new ApiError('forbidden', {
      detail: `Sign in as ${found.email} first, then accept; who has no password gets a link from the operator (raffia operator sign-in-link ${found.email})`,
    });
  }
  return { found, password: await chosenPassword(visit, found) };
}

/**
 * Accepts; the link is used up.
 *
 * @throws ApiError 400 where it was used or cancelled meanwhile, or what allowed it has ended
 */
export async function accept(call: OpenWriteCall<typeof acceptInvitation, Comer>) {
  const { services, tx, body, prepared, audit } = call;
  const { found } = prepared;
  await changeAuthority(tx, found.account_id);
  const used = await tx.db
    .deleteFrom('invitations')
    .where('token_hash', '=', hashToken(body.token))
    .returningAll()
    .executeTakeFirst();
  if (used === undefined || !(await stillMayGive(services, tx, used))) throw new ApiError('invitationExpired');
  const id = 'id' in prepared ? prepared.id : await newPerson(call, found, prepared.password);
  // As it is now: the role may have been changed since it was looked up.
  await grant(services, tx, used, id);
  audit.actor = { id, email: found.email };
  audit.account = { id: found.account_id, projectId: found.project_id };
  audit.resourceId = found.id;
  audit.details = { roleId: used.role_id };
  return { success: true, data: { account_id: found.account_id, email: found.email } };
}

/**
 * Whether the link alone does not make somebody the one who was invited. A link that the inviter handed over proves nothing: with it
 * nobody chooses the password of a user who exists, be it one who never signed in.
 */
function mustSignIn(found: Found): boolean {
  return found.has_credential !== null || (found.user_id !== null && !found.is_mailed);
}

/** @throws ApiError 403 where nobody new may come; 400, 429 and 503 */
async function chosenPassword(
  { services, body, address }: Visit<typeof acceptInvitation>,
  { email }: Found,
): Promise<HashedPassword> {
  if (services.configuration.signUp === 'closed') throw new ApiError('signUpClosed');
  if (body.password === undefined) throw invalid('password is required: it is what you will sign in with');
  return services.people.hashPassword(body.password, { email, address });
}

async function newPerson(
  { services, tx, body }: OpenWriteCall<typeof acceptInvitation, unknown>,
  { email: written, is_mailed }: Found,
  password: HashedPassword,
): Promise<string> {
  const email = written.toLowerCase();
  const known = await tx.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst();
  if (known !== undefined && !is_mailed)
    throw new ApiError('forbidden', { detail: `Sign in as ${email} first, then accept` });
  const id = known?.id ?? randomUUIDv7();
  if (known === undefined) {
    await tx.db
      .insertInto('users')
      .values({ id, email, name: body.name ?? (email.split('@')[0] as string), email_verified: is_mailed })
      .execute();
  } else {
    await tx.db
      .updateTable('users')
      .set({ email_verified: true, ...(body.name === undefined ? {} : { name: body.name }) })
      .where('id', '=', id)
      .execute();
  }
  await services.people.setPassword(tx, id, password);
  return id;
}

/** The membership goes on under its id. Whoever became a member meanwhile by another way stays the one he is, with this role. */
async function grant(
  services: Services,
  tx: Transaction,
  { id, account_id, project_id, role_id, email, invited_by, created_at }: Row<'invitations'>,
  userId: string,
): Promise<void> {
  const now = new Date(services.clock.now());
  const row = {
    id,
    account_id,
    user_id: userId,
    role_id,
    email,
    invited_by,
    invited_at: created_at,
    accepted_at: now,
    created_at,
  };
  if (project_id === null) {
    await tx.db
      .insertInto('members')
      .values({ ...row, updated_at: now })
      .onConflict((conflict) =>
        conflict
          .columns(['account_id', 'user_id'])
          .doUpdateSet({ role_id })
          .where('members.role_id', '<>', ownerRoleId),
      )
      .execute();
  } else {
    await tx.db
      .insertInto('project_members')
      .values({ ...row, project_id })
      .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ role_id }))
      .execute();
  }
}

type Found = Awaited<ReturnType<typeof find>>;

/**
 * The invitation of a token that can still be accepted, and whether its person can sign in already.
 *
 * @throws ApiError 400 where there is none
 */
async function find(services: Services, db: Kysely<Tables>, token: string) {
  const found = await db
    .selectFrom('invitations as i')
    .innerJoin('accounts as a', 'a.id', 'i.account_id')
    .innerJoin('roles as r', 'r.id', 'i.role_id')
    .leftJoin('projects as p', 'p.id', 'i.project_id')
    .leftJoin('users as u', (join) => join.on(sql<boolean>`lower(i.email) = u.email`))
    .selectAll('i')
    .select(['a.name as account_name', 'r.name as role_name', 'p.name as project_name', 'u.id as user_id'])
    .select((row) =>
      row
        .selectFrom('credentials as c')
        .select('c.id')
        .whereRef('c.user_id', '=', 'u.id')
        .limit(1)
        .as('has_credential'),
    )
    .where('i.token_hash', '=', hashToken(token))
    .where('i.expires_at', '>', new Date(services.clock.now()))
    .executeTakeFirst();
  if (found === undefined) throw new ApiError('invitationExpired');
  return found;
}
