import { Type } from 'typebox';
import { defineOperation } from './operation.ts';
import { named, permissionNames, SuccessResponse } from './schemas.ts';

/** Our own operations about people and their sessions; better-auth's own endpoints stand beside them under `/api/raffia/v1/auth/`. */
const uuid = Type.String({ format: 'uuid' });
const token = Type.String({ minLength: 1, maxLength: 200 });
const password = Type.String({ minLength: 1, maxLength: 128 });

export const SignInRules = named(
  'SignInRules',
  Type.Object({
    sign_up: Type.Enum(['open', 'invitation', 'closed'], { type: 'string' }),
    sends_mail: Type.Boolean(),
    single_sign_on: Type.Optional(
      Type.String({ description: 'The name of the OIDC provider, where one is configured' }),
    ),
    version: Type.String(),
  }),
);

export const SessionAccount = named(
  'SessionAccount',
  Type.Object({
    id: uuid,
    name: Type.String({ maxLength: 64 }),
    is_owner: Type.Boolean(),
    role_name: Type.Optional(Type.String({ maxLength: 64 })),
    permissions: permissionNames(),
    projects: Type.Array(
      Type.Object({ id: uuid, role_name: Type.String({ maxLength: 64 }), permissions: permissionNames() }),
    ),
  }),
);

export const Session = named(
  'Session',
  Type.Object({
    user: Type.Object({
      id: uuid,
      email: Type.String({ maxLength: 254 }),
      name: Type.String(),
      has_second_factor: Type.Boolean(),
      has_password: Type.Boolean(),
    }),
    accounts: Type.Array(SessionAccount),
  }),
);

const data = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) =>
  Type.Object({ success: Type.Boolean(), data: schema });

/** What a sign-in page has to know. */
export const getSignInRules = defineOperation({
  id: 'getSignInRules',
  method: 'GET',
  path: '/api/raffia/v1/sign-in',
  tag: 'Raffia: people',
  summary: 'Tells how people sign in and up here',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  status: 200,
  answer: data(SignInRules),
  errors: [],
});

/** Who is signed in, and what that person may do in which account. */
export const getSession = defineOperation({
  id: 'getSession',
  method: 'GET',
  path: '/api/raffia/v1/session',
  tag: 'Raffia: people',
  summary: 'Shows who is signed in, with accounts and permissions',
  access: { who: 'person' },
  project: 'account',
  projectHeader: 'unused',
  status: 200,
  answer: data(Session),
  errors: [401],
});

/** Makes a person and an account of his own, where sign-up is open. */
export const signUp = defineOperation({
  id: 'signUp',
  method: 'POST',
  path: '/api/raffia/v1/sign-up',
  tag: 'Raffia: people',
  summary: 'Signs a person up with an account of his own',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  body: Type.Object({
    email: Type.String({ format: 'email', maxLength: 254 }),
    name: Type.String({ minLength: 1, maxLength: 128 }),
    password,
    account_name: Type.String({ minLength: 1, maxLength: 64 }),
  }),
  bodyRequired: true,
  status: 201,
  answer: SuccessResponse,
  errors: [400, 403],
});

/** What an invitation's link invites to. */
export const lookAtInvitation = defineOperation({
  id: 'lookAtInvitation',
  method: 'POST',
  path: '/api/raffia/v1/invitations/look',
  tag: 'Raffia: people',
  summary: 'Shows what an invitation invites to',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  body: Type.Object({ token }),
  bodyRequired: true,
  status: 200,
  answer: data(
    Type.Object({
      email: Type.String({ maxLength: 254 }),
      account_name: Type.String({ maxLength: 64 }),
      project_name: Type.Optional(Type.String({ maxLength: 64 })),
      role_name: Type.String({ maxLength: 64 }),
      invited_by_name: Type.Optional(Type.String()),
      expires_at: Type.String({ format: 'date-time' }),
      is_known: Type.Boolean({ description: 'Whether the person can sign in already' }),
    }),
  ),
  errors: [400],
});

/** Accepts an invitation: as the person signed in, or as a new one with a password. */
export const acceptInvitation = defineOperation({
  id: 'acceptInvitation',
  method: 'POST',
  path: '/api/raffia/v1/invitations/accept',
  tag: 'Raffia: people',
  summary: 'Accepts an invitation',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  body: Type.Object({
    token,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    password: Type.Optional(password),
  }),
  bodyRequired: true,
  status: 200,
  answer: data(Type.Object({ account_id: uuid, email: Type.String({ maxLength: 254 }) })),
  errors: [400, 401, 403],
});

/** Whose one-time link this is. */
export const lookAtLink = defineOperation({
  id: 'lookAtLink',
  method: 'POST',
  path: '/api/raffia/v1/links/look',
  tag: 'Raffia: people',
  summary: 'Shows whose one-time link this is',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  body: Type.Object({ token }),
  bodyRequired: true,
  status: 200,
  answer: data(
    Type.Object({ email: Type.String({ maxLength: 254 }), expires_at: Type.String({ format: 'date-time' }) }),
  ),
  errors: [400],
});

/** Sets a password with a one-time link; all sessions of the person end. */
export const setPassword = defineOperation({
  id: 'setPassword',
  method: 'POST',
  path: '/api/raffia/v1/links/use',
  tag: 'Raffia: people',
  summary: 'Sets a password with a one-time link',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  body: Type.Object({ token, password }),
  bodyRequired: true,
  status: 200,
  answer: data(Type.Object({ email: Type.String({ maxLength: 254 }) })),
  errors: [400],
});

/** Mails a one-time link to set a new password. The answer is the same for addresses that nobody has. */
export const requestLink = defineOperation({
  id: 'requestLink',
  method: 'POST',
  path: '/api/raffia/v1/links',
  tag: 'Raffia: people',
  summary: 'Mails a link to set a new password',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  body: Type.Object({ email: Type.String({ format: 'email', maxLength: 254 }) }),
  bodyRequired: true,
  status: 200,
  answer: SuccessResponse,
  errors: [400],
});
