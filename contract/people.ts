import { operationsOf } from './operation.ts';
import { named, permissionNames, promised, rows, SuccessResponse, time, uuid, word } from './schemas.ts';
import { mostPasskeys } from './sign-in.ts';
import { Type } from './type.ts';

/** Our own operations about people and their sessions; how they sign in stands in `sign-in.ts`. */
const token = Type.String({ minLength: 1, maxLength: 200 });
const password = Type.String({ minLength: 1, maxLength: 128 });
const looks = 'It only looks; the token is in a body so that no log of addresses has it';

export const SignInRules = named(
  'SignInRules',
  Type.Object({
    sign_up: word(['open', 'invitation', 'closed']),
    sends_mail: Type.Boolean(),
    single_sign_on: Type.Optional(
      Type.String({ description: 'The name of the OIDC provider, where one is configured' }),
    ),
    passkey_domain: Type.Optional(
      Type.String({ description: 'The name in the address where passkeys work; absent where they work at none' }),
    ),
    version: Type.String(),
  }),
);

export const SessionAccount = named(
  'SessionAccount',
  Type.Object({
    id: uuid(),
    name: Type.String({ maxLength: 64 }),
    is_owner: Type.Boolean(),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    permissions: permissionNames(),
    projects: Type.Array(
      Type.Object({ id: uuid(), role_name: Type.String({ maxLength: 64 }), permissions: permissionNames() }),
    ),
  }),
);

export const Session = named(
  'Session',
  Type.Object({
    user: Type.Object({
      id: uuid(),
      email: Type.String({ maxLength: 254 }),
      name: Type.String(),
      has_second_factor: Type.Boolean(),
      has_password: Type.Boolean(),
      has_single_sign_on: Type.Boolean(),
      is_operator: Type.Boolean({ description: "Whether the host's command has made them an operator of this cloud" }),
    }),
    accounts: Type.Array(SessionAccount),
  }),
);

const forAnybody = operationsOf({
  tag: 'Raffia: people',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
});
const forPerson = operationsOf({
  tag: 'Raffia: people',
  access: { who: 'person' },
  project: 'account',
  projectHeader: 'unused',
});

/** What a sign-in page has to know. */
export const getSignInRules = forAnybody({
  id: 'getSignInRules',
  method: 'GET',
  path: '/api/raffia/v1/sign-in',
  summary: 'Tells how people sign in and up here',
  answer: promised(SignInRules),
});

/** Who is signed in, and what that person may do in which account. */
export const getSession = forPerson({
  id: 'getSession',
  method: 'GET',
  path: '/api/raffia/v1/session',
  summary: 'Shows who is signed in, with accounts and permissions',
  answer: promised(Session),
});

/** Where somebody is signed in. */
export const listSessions = forPerson({
  id: 'listSessions',
  method: 'GET',
  path: '/api/raffia/v1/sessions',
  summary: 'Lists one’s own sessions, newest first',
  answer: promised(
    rows(
      Type.Object({
        id: uuid(),
        is_current: Type.Boolean(),
        created_at: time(),
        address: Type.Optional(Type.String()),
        user_agent: Type.Optional(Type.String()),
      }),
    ),
  ),
});

/** What a person can sign in with besides. */
export const listPasskeys = forPerson({
  id: 'listPasskeys',
  method: 'GET',
  path: '/api/raffia/v1/passkeys',
  summary: 'Lists one’s own passkeys, newest first',
  answer: promised(
    rows(
      Type.Object({
        id: uuid(),
        name: Type.String({ maxLength: 64 }),
        created_at: time(),
        last_used_at: Type.Optional(time()),
      }),
      { maxItems: mostPasskeys },
    ),
  ),
});

/** Makes a person and an account of his own, where sign-up is open. */
export const signUp = forAnybody({
  id: 'signUp',
  method: 'POST',
  path: '/api/raffia/v1/sign-up',
  summary: 'Signs a person up with an account of his own',
  body: Type.Object({
    email: Type.String({ format: 'email', maxLength: 254 }),
    name: Type.String({ minLength: 1, maxLength: 128 }),
    password,
    account_name: Type.String({ minLength: 1, maxLength: 64 }),
  }),
  status: 201,
  answer: SuccessResponse,
  audit: 'account.create',
});

/** What an invitation's link invites to. */
export const lookAtInvitation = forAnybody({
  id: 'lookAtInvitation',
  method: 'POST',
  path: '/api/raffia/v1/invitations/look',
  summary: 'Shows what an invitation invites to',
  body: Type.Object({ token }),
  answer: promised(
    Type.Object({
      email: Type.String({ maxLength: 254 }),
      account_name: Type.String({ maxLength: 64 }),
      project_name: Type.Optional(Type.String({ maxLength: 64 })),
      role_name: Type.String({ maxLength: 64 }),
      invited_by_name: Type.Optional(Type.String()),
      expires_at: time(),
      is_known: Type.Boolean({ description: 'Whether the person can sign in already' }),
    }),
  ),
  guesses: 'link',
  unaudited: looks,
});

/** Accepts an invitation: as the person signed in, or as a new one with a password. */
export const acceptInvitation = forAnybody({
  id: 'acceptInvitation',
  method: 'POST',
  path: '/api/raffia/v1/invitations/accept',
  summary: 'Accepts an invitation',
  body: Type.Object({
    token,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    password: Type.Optional(password),
  }),
  answer: promised(Type.Object({ account_id: uuid(), email: Type.String({ maxLength: 254 }) })),
  guesses: 'link',
  audit: 'invitation.accept',
});

/** Whose one-time link this is. */
export const lookAtLink = forAnybody({
  id: 'lookAtLink',
  method: 'POST',
  path: '/api/raffia/v1/links/look',
  summary: 'Shows whose one-time link this is',
  body: Type.Object({ token }),
  answer: promised(Type.Object({ email: Type.String({ maxLength: 254 }), expires_at: time() })),
  guesses: 'link',
  unaudited: looks,
});

/** Sets a password with a one-time link; all sessions of the person end. */
export const setPassword = forAnybody({
  id: 'setPassword',
  method: 'POST',
  path: '/api/raffia/v1/links/use',
  summary: 'Sets a password with a one-time link',
  body: Type.Object({ token, password }),
  answer: promised(Type.Object({ email: Type.String({ maxLength: 254 }) })),
  guesses: 'link',
  audit: 'person.password',
});

/** Mails a one-time link to set a new password. The answer is the same for addresses that nobody has. */
export const requestLink = forAnybody({
  id: 'requestLink',
  method: 'POST',
  path: '/api/raffia/v1/links',
  summary: 'Mails a link to set a new password',
  body: Type.Object({ email: Type.String({ format: 'email', maxLength: 254 }) }),
  answer: SuccessResponse,
  audit: 'person.link-request',
});
