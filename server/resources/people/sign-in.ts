import type { PersonVerb } from '@raffia/contract/enums.ts';
import type { ErrorCode } from '@raffia/contract/errors.ts';
import type { AnswerOf, Operation } from '@raffia/contract/operation.ts';
import {
  authPath,
  comeBackFromProvider,
  endSession,
  showBackupCode,
  showCode,
  signIn,
} from '@raffia/contract/sign-in.ts';
import { passwordLength } from '../../access/make-auth.ts';
import type { AuthAnswer } from '../../access/people.ts';
import { type OpenWriteCall, openWrite, type Route, type Visit } from '../../calls/route.ts';
import { ApiError, invalid } from '../../foundation/api-error.ts';

/** What the library said, and what of it the audit log tells. */
export interface Asked {
  readonly answer: AuthAnswer;
  readonly refusal: ApiError | undefined;
  readonly entry: Entry | undefined;
}

export interface Entry {
  readonly verb: PersonVerb;
  readonly actor: { readonly id: string | null; readonly email: string };
  /** By which way, such as `sign-in/email`. */
  readonly by: string;
}

/**
 * Binds an operation that better-auth does. It is asked before the transaction, in which its outcome is put down: it hashes passwords,
 * asks the provider, and writes in transactions of its own (docs/decisions/the-library-signs-in.md).
 */
export function byLibrary(operation: Operation): Route {
  return openWrite(operation, { prepare: (visit) => ask(operation, visit), handle: putDown });
}

async function ask(operation: Operation, visit: Visit<Operation>): Promise<Asked> {
  const { caller } = visit;
  if (operation === showBackupCode && caller?.state === 'in') {
    throw new ApiError('conflict', { detail: 'You are signed in already; a backup code would be used up for nothing' });
  }
  const method = operation.method as 'GET' | 'POST';
  const { answer, refusal } = await askLibrary(operation, visit, method, await bodyOf(operation, visit));
  return { answer, refusal, entry: await entryOf(operation, visit, answer, refusal) };
}

/** Asks the library, in the name of who asks us. */
export async function askLibrary(
  operation: Operation,
  visit: Visit<Operation>,
  method: 'GET' | 'POST',
  body: object | undefined,
): Promise<{ answer: AuthAnswer; refusal: ApiError | undefined }> {
  const { cookie, userAgent, address, origin, services } = visit;
  const answer = await services.people.ask({
    method,
    path: operation.path.slice(authPath.length),
    query: visit.query as Record<string, string>,
    body,
    cookie,
    userAgent,
    address,
    origin,
  });
  return { answer, refusal: answer.status < 400 ? undefined : refusalOf(answer, visit.requestId) };
}

/** Nothing but what the operation declares: the library knows more fields. */
async function bodyOf(operation: Operation, { services, body, caller }: Visit<Operation>): Promise<object | undefined> {
  if (operation.body === undefined) return undefined;
  const given = body as Record<string, unknown>;
  if (operation === endSession) return { token: await tokenOf(services, String(given.id), caller?.id ?? '') };
  const names = Object.keys((operation.body as { properties?: object }).properties ?? {});
  const picked = Object.fromEntries(names.filter((name) => name in given).map((name) => [name, given[name]]));
  return names.includes('callbackURL') ? { ...picked, provider: 'oidc', disableRedirect: true } : picked;
}

/** A session is named by its id; its token is nobody's but its browser's. */
async function tokenOf({ db }: Visit<Operation>['services'], id: string, personId: string): Promise<string> {
  const found = await db
    .selectFrom('sessions')
    .select('token')
    .where('id', '=', id)
    .where('user_id', '=', personId)
    .executeTakeFirst();
  return found?.token ?? '';
}

/** Puts down what the library did or refused: its entry, its cookies, its answer. */
export async function putDown<O extends Operation>({
  prepared: { answer, refusal, entry },
  audit,
  reply,
}: OpenWriteCall<O, Asked>): Promise<AnswerOf<O>> {
  audit.verb = entry?.verb ?? null;
  if (entry !== undefined) {
    audit.actor = entry.actor;
    audit.details = { by: entry.by };
  }
  reply.cookies = answer.cookies;
  if (refusal !== undefined) reply.refusal = refusal;
  if (answer.location !== undefined) reply.location = answer.location;
  return answer.body as AnswerOf<O>;
}

/** What has happened, as the audit log has it; undefined where nothing has. */
async function entryOf(
  operation: Operation,
  { services, body, caller }: Visit<Operation>,
  answer: AuthAnswer,
  refusal: ApiError | undefined,
): Promise<Entry | undefined> {
  const { audit, guesses } = operation;
  const by = wayOf(operation);
  const inside = caller?.state === 'in' ? caller : undefined;
  if (refusal !== undefined) {
    const email = guesses === 'email' ? (body as { email: string }).email : caller?.email;
    if (guesses === undefined || email === undefined || refusal.status >= 500) return undefined;
    if (guesses === 'person' && inside !== undefined) return { verb: 'person.check-failed', actor: inside, by };
    return { verb: 'person.sign-in-failed', actor: { id: null, email }, by };
  }
  if (audit === undefined) return undefined;
  if (audit !== signIn.audit) return inside && { verb: audit as PersonVerb, actor: inside, by };
  if (operation === showCode && inside !== undefined) {
    return inside.hasSecondFactor ? undefined : { verb: 'person.second-factor-on', actor: inside, by };
  }
  // Whoever has a session now has signed in, by whatever way.
  const arrived = await services.people.personOf(cookiesOf(answer));
  if (arrived !== undefined) return { verb: signIn.audit, actor: arrived, by };
  const isLinked = operation === comeBackFromProvider && !/[?&]error=/.test(answer.location ?? '');
  return isLinked && inside !== undefined ? { verb: 'person.single-sign-on', actor: inside, by } : undefined;
}

/** By which way, as entries name it. */
export const wayOf = ({ path }: Operation) => path.slice(authPath.length + 1);

/** The cookies of an answer, as the browser sends them next. */
export function cookiesOf({ cookies }: AuthAnswer): string {
  return cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ');
}

/** What the library says shortly, by its codes, said so that one knows what to do. */
const refusals: Readonly<Record<string, ErrorCode>> = {
  INVALID_EMAIL_OR_PASSWORD: 'wrongPassword',
  INVALID_PASSWORD: 'notYourPassword',
  INVALID_CODE: 'wrongCode',
  INVALID_BACKUP_CODE: 'wrongBackupCode',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'tooManyCodes',
  INVALID_TWO_FACTOR_COOKIE: 'signInTooSlow',
  TOTP_NOT_ENABLED: 'noSecondFactor',
  TWO_FACTOR_NOT_ENABLED: 'noSecondFactor',
  BACKUP_CODES_NOT_ENABLED: 'noSecondFactor',
  TOTP_ALREADY_ENABLED: 'secondFactorIsOn',
  CREDENTIAL_ACCOUNT_NOT_FOUND: 'noPassword',
  PROVIDER_NOT_FOUND: 'noProvider',
  CHALLENGE_NOT_FOUND: 'passkeyTooSlow',
  PASSKEY_UNVERIFIED: 'passkeyUnverified',
  PASSKEY_NOT_FOUND: 'wrongPasskey',
  AUTHENTICATION_FAILED: 'wrongPasskey',
  FAILED_TO_VERIFY_REGISTRATION: 'passkeyNotProven',
  YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY: 'passkeyNotProven',
  UNAUTHORIZED: 'sessionEnded',
};

const lockedSeconds = 900;

function refusalOf({ status, body }: AuthAnswer, request: string): ApiError {
  const { code = '', message = '' } = body ?? {};
  const known = refusals[code];
  if (known !== undefined) return new ApiError(known);
  if (code === 'PASSWORD_TOO_SHORT') return new ApiError('weakPassword', { length: passwordLength });
  if (status === 429) return new ApiError('codesLocked', {}, { headers: { 'Retry-After': String(lockedSeconds) } });
  if (status === 409) return new ApiError('conflict', { detail: message });
  if (status === 403) return new ApiError('forbidden', { detail: message });
  if (status < 500) return invalid(message);
  return new ApiError('internal', { request }, { cause: new Error(`better-auth: ${status} ${code} ${message}`) });
}
