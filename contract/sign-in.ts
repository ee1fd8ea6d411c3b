import { operationsOf } from './operation.ts';
import { email, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

/**
 * Signing in and what belongs to it, as pages of this server ask for it: cookies carry sessions, and another site's page is refused.
 * The library answers under its own names of fields; what is not declared here does not reach it.
 */
export const authPath = '/api/raffia/v1/auth';

const password = () => Type.String({ minLength: 1, maxLength: 128 });
const code = () => Type.String({ minLength: 1, maxLength: 64 });
/** A path of this server, with its query: `//elsewhere` would be another one. */
const back = () => Type.String({ maxLength: 1000, pattern: '^/([!-.0-\\[\\]-~][!-~]*)?$' });
/** What a provider sends with the browser. */
const sent = () => Type.Optional(Type.String({ maxLength: 2048 }));
const done = Type.Object({ status: Type.Optional(Type.Boolean()) });
const started = Type.Object({ url: Type.String({ description: 'Where the browser goes next' }) });

/** Bytes as WebAuthn's JSON has them, in base64url. */
const bytes = (most: number) => Type.String({ maxLength: most, pattern: '^[A-Za-z0-9_-]+$' });
const credentialId = () => bytes(2048);
const said = () => Type.String({ maxLength: 64 });
const transports = () => Type.Optional(Type.Array(said(), { maxItems: 16 }));
/** What a browser answers to a challenge: the passkey's id, and how it proves itself. */
const credential = <Proof extends Parameters<typeof Type.Object>[0]>(proof: Proof) =>
  Type.Object({
    id: credentialId(),
    rawId: credentialId(),
    type: word(['public-key']),
    response: Type.Object({ clientDataJSON: bytes(4096), ...proof }),
  });
const passkeyName = () => Type.String({ minLength: 1, maxLength: 64 });

/** As many passkeys as a person may have. */
export const mostPasskeys = 20;

const all = { tag: 'Raffia: sign-in', project: 'account', projectHeader: 'unused' } as const;
const fromPages = { ...all, method: 'POST', fromPages: true } as const;
const forAnybody = operationsOf({ ...fromPages, access: { who: 'open' } });
const forPerson = operationsOf({ ...fromPages, access: { who: 'person' } });

const begins = 'It begins what the way back from the provider ends, and that has its entry';

/** Signs in with a password; who has a second factor shows that next. */
export const signIn = forAnybody({
  id: 'signIn',
  path: `${authPath}/sign-in/email`,
  summary: 'Signs in with a password',
  description: 'With twoFactorRedirect, the session begins once the second factor is shown, within ten minutes.',
  body: Type.Object({ email: email(), password: password() }),
  answer: Type.Object({ twoFactorRedirect: Type.Optional(Type.Boolean()) }),
  guesses: 'email',
  audit: 'person.sign-in',
});

/** Begins to sign in with the provider. */
export const signInWithProvider = forAnybody({
  id: 'signInWithProvider',
  path: `${authPath}/sign-in/social`,
  summary: 'Begins to sign in with the OIDC provider',
  body: Type.Object({ callbackURL: back(), errorCallbackURL: back() }),
  answer: started,
  unaudited: begins,
});

/** The way back from the provider: a link from another site, which carries no change that was not begun here. */
export const comeBackFromProvider = operationsOf(all)({
  id: 'comeBackFromProvider',
  method: 'GET',
  access: { who: 'open' },
  path: `${authPath}/callback/oidc`,
  summary: 'Takes the browser back from the OIDC provider: signed in, linked, or with an error in the address',
  query: Type.Object({
    code: sent(),
    state: sent(),
    iss: sent(),
    error: sent(),
    error_description: sent(),
  }),
  status: 302,
  answer: Type.Null(),
  audit: 'person.sign-in',
});

/** Begins to link the provider to who is signed in. */
export const linkProvider = forPerson({
  id: 'linkProvider',
  path: `${authPath}/link-social`,
  summary: 'Begins to link the OIDC provider as a way to sign in',
  body: Type.Object({ callbackURL: back(), errorCallbackURL: back() }),
  answer: started,
  unaudited: begins,
});

/** Signs out. Who is not signed in is out already. */
export const signOut = forAnybody({
  id: 'signOut',
  path: `${authPath}/sign-out`,
  summary: 'Ends the session',
  answer: done,
  audit: 'person.sign-out',
});

/** Ends one session of the person who is signed in; one that has ended already is no error. */
export const endSession = forPerson({
  id: 'endSession',
  path: `${authPath}/revoke-session`,
  summary: 'Ends one of one’s own sessions',
  body: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  answer: done,
  audit: 'person.session-end',
});

/** Ends all sessions, this one too. */
export const endSessions = forPerson({
  id: 'endSessions',
  path: `${authPath}/revoke-sessions`,
  summary: 'Ends all of one’s own sessions',
  answer: done,
  audit: 'person.session-end',
});

/** Ends all sessions but this one. */
export const endOtherSessions = forPerson({
  id: 'endOtherSessions',
  path: `${authPath}/revoke-other-sessions`,
  summary: 'Ends all of one’s own sessions but this one',
  answer: done,
  audit: 'person.session-end',
});

/** Changes the name under which others see somebody. */
export const renamePerson = forPerson({
  id: 'renamePerson',
  path: `${authPath}/update-user`,
  summary: 'Changes one’s own name',
  body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 128 }) }),
  answer: done,
  audit: 'person.rename',
});

/** Changes the password of who is signed in. */
export const changePassword = forPerson({
  id: 'changePassword',
  path: `${authPath}/change-password`,
  summary: 'Changes one’s own password',
  body: Type.Object({
    currentPassword: password(),
    newPassword: password(),
    revokeOtherSessions: Type.Optional(Type.Boolean()),
  }),
  answer: done,
  guesses: 'person',
  audit: 'person.password',
});

/** Makes the secret of a second factor, which is on once a code of it was shown. */
export const beginSecondFactor = forPerson({
  id: 'beginSecondFactor',
  path: `${authPath}/two-factor/enable`,
  summary: 'Makes the secret of a second factor, with backup codes',
  body: Type.Object({ password: password() }),
  answer: Type.Object({ totpURI: Type.String(), backupCodes: Type.Array(Type.String(), { maxItems: 100 }) }),
  guesses: 'person',
  unaudited: 'Nothing asks for the second factor before a code of it was shown, and that has its entry',
  secret: true,
});

/** Turns the second factor off. */
export const endSecondFactor = forPerson({
  id: 'endSecondFactor',
  path: `${authPath}/two-factor/disable`,
  summary: 'Turns the second factor off',
  body: Type.Object({ password: password() }),
  answer: done,
  guesses: 'person',
  audit: 'person.second-factor-off',
});

/** Makes new backup codes; those of before are void. */
export const makeBackupCodes = forPerson({
  id: 'makeBackupCodes',
  path: `${authPath}/two-factor/generate-backup-codes`,
  summary: 'Makes new backup codes',
  body: Type.Object({ password: password() }),
  answer: Type.Object({ backupCodes: Type.Array(Type.String(), { maxItems: 100 }) }),
  guesses: 'person',
  audit: 'person.backup-codes',
  secret: true,
});

/** Shows a code of the app: the second half of signing in, or the proof that turns the second factor on. */
export const showCode = forAnybody({
  id: 'showCode',
  path: `${authPath}/two-factor/verify-totp`,
  summary: 'Shows a code of the second factor: signs in, or turns it on',
  body: Type.Object({ code: code() }),
  answer: done,
  guesses: 'person',
  audit: 'person.sign-in',
});

/** Shows a backup code: the second half of signing in. */
export const showBackupCode = forAnybody({
  id: 'showBackupCode',
  path: `${authPath}/two-factor/verify-backup-code`,
  summary: 'Shows a backup code: signs in, and uses it up',
  body: Type.Object({ code: code() }),
  answer: done,
  guesses: 'person',
  audit: 'person.sign-in',
});

/** Makes the challenge that adds a passkey, for who gives the password once more. */
export const beginPasskey = forPerson({
  id: 'beginPasskey',
  path: `${authPath}/passkey/generate-register-options`,
  summary: 'Begins to add a passkey',
  description: 'Answers the options of `navigator.credentials.create`. They are good once, for five minutes.',
  body: Type.Object({ password: password() }),
  answer: Type.Object({
    challenge: Type.String(),
    rp: Type.Object({ id: Type.String(), name: Type.String() }),
    user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
    pubKeyCredParams: Type.Array(Type.Object({ type: Type.String(), alg: Type.Integer() }), { maxItems: 16 }),
    timeout: Type.Integer(),
    attestation: Type.String(),
    authenticatorSelection: Type.Object({
      residentKey: Type.String(),
      requireResidentKey: Type.Boolean(),
      userVerification: Type.String(),
    }),
    excludeCredentials: Type.Array(Type.Object({ id: Type.String(), type: Type.String(), transports: transports() }), {
      maxItems: mostPasskeys,
    }),
  }),
  guesses: 'person',
  unaudited: 'Nothing signs in with it before it was proven, and that has its entry',
});

/** Adds the passkey that was made for a challenge of {@link beginPasskey}. */
export const addPasskey = forPerson({
  id: 'addPasskey',
  path: `${authPath}/passkey/verify-registration`,
  summary: 'Adds a passkey as a way to sign in',
  body: Type.Object({
    name: passkeyName(),
    response: credential({ attestationObject: bytes(16_384), transports: transports() }),
  }),
  answer: Type.Object({ id: uuid() }),
  audit: 'person.passkey-add',
});

/** Changes the name by which a person tells one passkey from another. */
export const renamePasskey = forPerson({
  id: 'renamePasskey',
  path: `${authPath}/passkey/update-passkey`,
  summary: 'Changes the name of one of one’s own passkeys',
  body: Type.Object({ id: uuid(), name: passkeyName() }),
  answer: done,
  audit: 'person.passkey-rename',
});

/** Removes a passkey: it signs in no more. */
export const removePasskey = forPerson({
  id: 'removePasskey',
  path: `${authPath}/passkey/delete-passkey`,
  summary: 'Removes one of one’s own passkeys',
  body: Type.Object({ id: uuid() }),
  answer: done,
  audit: 'person.passkey-remove',
});

/** Makes the challenge that a passkey signs. It names nobody: the passkey says whose it is. */
export const beginPasskeySignIn = forAnybody({
  id: 'beginPasskeySignIn',
  path: `${authPath}/passkey/generate-authenticate-options`,
  summary: 'Begins to sign in with a passkey',
  description: 'Answers the options of `navigator.credentials.get`. They are good once, for five minutes.',
  answer: Type.Object({
    challenge: Type.String(),
    rpId: Type.String(),
    timeout: Type.Integer(),
    userVerification: Type.String(),
  }),
  unaudited: 'Nobody is known yet; who signs in with it has an entry',
});

/** Signs in with a passkey, which stands for the password and the second factor. */
export const signInWithPasskey = forAnybody({
  id: 'signInWithPasskey',
  path: `${authPath}/passkey/verify-authentication`,
  summary: 'Signs in with a passkey',
  body: Type.Object({
    response: credential({
      authenticatorData: bytes(4096),
      signature: bytes(8192),
      userHandle: Type.Optional(bytes(128)),
    }),
  }),
  answer: done,
  audit: 'person.sign-in',
});
