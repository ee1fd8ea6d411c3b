import type { Operation } from '@raffia/contract/operation.ts';
import type { listPasskeys } from '@raffia/contract/people.ts';
import {
  addPasskey,
  beginPasskey,
  beginPasskeySignIn,
  mostPasskeys,
  removePasskey,
  renamePasskey,
  signInWithPasskey,
} from '@raffia/contract/sign-in.ts';
import type { Kysely } from 'kysely';
import { passkeyDomain } from '../../access/passkeys.ts';
import type { Person } from '../../access/people.ts';
import { type OpenWriteCall, openWrite, type ReadCall, type Route, type Visit } from '../../calls/route.ts';
import type { Tables } from '../../database/tables.ts';
import type { Transaction } from '../../database/transaction.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { type Asked, askLibrary, cookiesOf, putDown, wayOf } from './sign-in.ts';

/*
 * Passkeys: the library makes and checks challenges and signatures, and keeps the public keys; who may add one, and how many, is decided
 * here (docs/decisions/passkeys-stand-for-both-factors.md).
 */

export async function passkeys({ services, principal }: ReadCall<typeof listPasskeys>) {
  const found = await services.db
    .selectFrom('passkeys')
    .select(['id', 'name', 'created_at', 'last_used_at'])
    .where('user_id', '=', principal.id)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(mostPasskeys)
    .execute();
  return {
    success: true,
    data: found.map(({ id, name, created_at, last_used_at }) => ({
      id,
      name,
      created_at: created_at.toISOString(),
      ...(last_used_at && { last_used_at: last_used_at.toISOString() }),
    })),
  };
}

/** The password first: what it begins is a way in that outlasts the session. */
async function askForNew(visit: Visit<typeof beginPasskey>): Promise<Asked> {
  const person = personOf(visit);
  const isRight = await visit.services.people.hasPassword(person.id, visit.body.password);
  if (isRight === undefined) throw new ApiError('noPassword');
  if (!isRight) {
    const entry = { verb: 'person.check-failed', actor: person, by: wayOf(beginPasskey) } as const;
    return { answer: nothing, refusal: new ApiError('notYourPassword'), entry };
  }
  refuseElsewhere(visit);
  await refuseMore(visit.services.db, person.id, mostPasskeys - 1);
  return { ...(await askLibrary(beginPasskey, visit, 'GET', undefined)), entry: undefined };
}

async function askToAdd(visit: Visit<typeof addPasskey>): Promise<Asked> {
  const person = personOf(visit);
  refuseElsewhere(visit);
  await refuseMore(visit.services.db, person.id, mostPasskeys - 1);
  const { name, response } = visit.body;
  const asked = await askLibrary(addPasskey, visit, 'POST', { name, response: asDeclared(response) });
  const entry = { verb: 'person.passkey-add', actor: person, by: wayOf(addPasskey) } as const;
  return { ...asked, entry: asked.refusal === undefined ? entry : undefined };
}

/** What the library has added stays where the session is still there, and the person has no more than allowed. */
async function putNewDown(call: OpenWriteCall<typeof addPasskey, Asked>) {
  const { prepared, services, tx } = call;
  const added = await putDown<typeof addPasskey>(call);
  if (prepared.refusal !== undefined) return added;
  const person = personOf(call);
  const refusal = await services.people
    .holdSession(tx, person)
    .then(() => holdPasskeys(tx, person))
    .then(() => refuseMore(tx.db, person.id, mostPasskeys))
    .catch((error) => {
      if (error instanceof ApiError) return error;
      throw error;
    });
  if (refusal instanceof ApiError) {
    await tx.db.deleteFrom('passkeys').where('id', '=', added.id).execute();
    return putDown<typeof addPasskey>({ ...call, prepared: { ...prepared, refusal, entry: undefined } });
  }
  return added;
}

async function rename({ services, tx, body, audit, ...call }: OpenWriteCall<typeof renamePasskey, void>) {
  const person = personOf(call);
  await services.people.holdSession(tx, person);
  const changed = await tx.db
    .updateTable('passkeys')
    .set({ name: body.name })
    .where('id', '=', body.id)
    .where('user_id', '=', person.id)
    .executeTakeFirst();
  if (changed.numUpdatedRows === 0n) throw new ApiError('notFound', { resource: 'Passkey' });
  audit.actor = person;
  audit.details = { name: body.name };
  return { status: true };
}

async function remove({ services, tx, body, audit, ...call }: OpenWriteCall<typeof removePasskey, void>) {
  const person = personOf(call);
  await services.people.holdSession(tx, person);
  await holdPasskeys(tx, person);
  const removed = await tx.db
    .deleteFrom('passkeys')
    .where('id', '=', body.id)
    .where('user_id', '=', person.id)
    .returning('name')
    .executeTakeFirst();
  if (removed === undefined) throw new ApiError('notFound', { resource: 'Passkey' });
  if (!(await hasWayIn(tx, person.id, services.configuration.oidc.issuer !== null))) throw new ApiError('lastWayIn');
  audit.actor = person;
  audit.details = { name: removed.name };
  return { status: true };
}

/** Whether somebody can sign in by what is there now. */
async function hasWayIn(tx: Transaction, userId: string, hasProvider: boolean): Promise<boolean> {
  const found = await tx.db
    .selectFrom('users as u')
    .select('u.id')
    .where('u.id', '=', userId)
    .where((row) => {
      const credential = (provider: string) =>
        row
          .selectFrom('credentials as c')
          .select('c.id')
          .whereRef('c.user_id', '=', 'u.id')
          .where('c.provider_id', '=', provider);
      return row.or([
        row.exists(credential('credential').where('c.password', 'is not', null)),
        ...(hasProvider ? [row.exists(credential('oidc'))] : []),
        row.exists(row.selectFrom('passkeys as p').select('p.id').whereRef('p.user_id', '=', 'u.id')),
      ]);
    })
    .executeTakeFirst();
  return found !== undefined;
}

async function askForChallenge(visit: Visit<typeof beginPasskeySignIn>): Promise<Asked> {
  refuseElsewhere(visit);
  return { ...(await askLibrary(beginPasskeySignIn, visit, 'GET', undefined)), entry: undefined };
}

/** The library leaves it to the device whether it checks who holds it; here it has to. */
async function putChallengeDown(call: OpenWriteCall<typeof beginPasskeySignIn, Asked>) {
  const options = await putDown<typeof beginPasskeySignIn>(call);
  return { ...options, userVerification: 'required' };
}

interface Arrival extends Asked {
  readonly person: Person | undefined;
}

async function askIn(visit: Visit<typeof signInWithPasskey>): Promise<Arrival> {
  refuseElsewhere(visit);
  const { people, db } = visit.services;
  const { address, body } = visit;
  const named = await db
    .selectFrom('passkeys as p')
    .innerJoin('users as u', 'u.id', 'p.user_id')
    .select('u.email')
    .where('p.credential_id', '=', body.response.id)
    .executeTakeFirst();
  const ask = () => askLibrary(signInWithPasskey, visit, 'POST', { response: asDeclared(body.response) });
  const isGuess = ({ refusal }: { refusal: ApiError | undefined }) => refusal !== undefined && refusal.status < 500;
  const asked = await (named === undefined ? ask() : people.limited({ email: named.email, address }, ask, isGuess));
  const by = wayOf(signInWithPasskey);
  if (asked.refusal === undefined) {
    const person = await people.personOf(cookiesOf(asked.answer));
    return { ...asked, entry: person && { verb: 'person.sign-in', actor: person, by }, person };
  }
  // Whose passkey was named is told in that person's accounts, and not to who asks.
  const entry = named && ({ verb: 'person.sign-in-failed', actor: { id: null, email: named.email }, by } as const);
  return { ...asked, entry, person: undefined };
}

/** The session stands where the passkey is there still: one that was removed meanwhile signs nobody in. */
async function putArrivalDown(call: OpenWriteCall<typeof signInWithPasskey, Arrival>) {
  const { prepared, services, tx, body } = call;
  const { person } = prepared;
  if (prepared.refusal !== undefined) return putDown<typeof signInWithPasskey>(call);
  const used =
    person &&
    (await tx.db
      .updateTable('passkeys')
      .set({ last_used_at: new Date(services.clock.now()) })
      .where('credential_id', '=', body.response.id)
      .where('user_id', '=', person.id)
      .returning('id')
      .executeTakeFirst());
  if (used === undefined) {
    if (person !== undefined) await tx.db.deleteFrom('sessions').where('id', '=', person.sessionId).execute();
    const answer = { ...prepared.answer, cookies: [] };
    const refusal = new ApiError('wrongPasskey');
    return putDown<typeof signInWithPasskey>({ ...call, prepared: { answer, refusal, entry: undefined } });
  }
  await putDown(call);
  return { status: true };
}

const nothing = { status: 400, body: null, cookies: [], location: undefined };

function personOf({ caller }: Pick<Visit<Operation>, 'caller'>): Person {
  if (caller?.state !== 'in') throw new ApiError('sessionEnded');
  return caller;
}

/** @throws ApiError 400 where the address that the browser is at is not the one that passkeys are for */
function refuseElsewhere({ services, origin }: Pick<Visit<Operation>, 'services' | 'origin'>): void {
  if (new URL(origin).hostname !== passkeyDomain(services.configuration.publicUrl))
    throw new ApiError('noPasskeysHere');
}

/** @throws ApiError 400 where the person has more than so many */
async function refuseMore(db: Kysely<Tables>, userId: string, most: number): Promise<void> {
  const { count } = await db
    .selectFrom('passkeys')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  if (count > most) throw new ApiError('tooManyPasskeys', { limit: mostPasskeys });
}

/** Whoever adds or removes one of the same person waits. */
async function holdPasskeys(tx: Transaction, { id }: Person): Promise<void> {
  await tx.db.selectFrom('users').select('id').where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

/** Nothing but what is declared: a browser knows more fields than the library has to see. */
function asDeclared<T extends { id: string; rawId: string; type: string; response: object }>(given: T): object {
  const { id, rawId, type, response } = given;
  return { id, rawId, type, response: { ...response }, clientExtensionResults: {} };
}

export const passkeyRoutes: readonly Route[] = [
  openWrite(beginPasskey, { prepare: askForNew, handle: putDown<typeof beginPasskey> }),
  openWrite(addPasskey, { prepare: askToAdd, handle: putNewDown }),
  openWrite(renamePasskey, { handle: rename }),
  openWrite(removePasskey, { handle: remove }),
  openWrite(beginPasskeySignIn, { prepare: askForChallenge, handle: putChallengeDown }),
  openWrite(signInWithPasskey, { prepare: askIn, handle: putArrivalDown }),
];
