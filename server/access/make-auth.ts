import { randomUUIDv7 } from 'node:crypto';
import { authPath } from '@raffia/contract/sign-in.ts';
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { Configuration } from '../configuration/configuration.ts';
import type { Tables } from '../database/tables.ts';
import { passkeyPlugin } from './passkeys.ts';
import type { PasswordHasher } from './password-hasher.ts';

export const passwordLength = 10;

/** How long a session lasts that nobody uses; one in use is prolonged each day. */
export const sessionDays = 14;

/**
 * better-auth as this cloud uses it: passwords, sessions, second factors and the provider, on our tables. Loaded when it is first asked
 * for: it takes 30 MB, and with passkeys half as much more.
 */
export async function makeAuth(
  configuration: Configuration,
  db: Kysely<Tables>,
  pool: Pool,
  secret: string,
  hasher: PasswordHasher,
  sessionsEnded: (personId: string) => void,
  { withPasskeys }: { readonly withPasskeys: boolean },
) {
  const { betterAuth } = await import('better-auth');
  const { createAuthEndpoint, createAuthMiddleware, getOAuthState } = await import('better-auth/api');
  const { genericOAuth, twoFactor } = await import('better-auth/plugins');
  const { publicUrl, tls, signUp, oidc } = configuration;
  const isSecure = tls !== undefined || publicUrl?.startsWith('https:') === true;
  // These have no path: only the server asks.
  const halfSignedIn = createAuthEndpoint({ method: 'GET', requireHeaders: true }, async (call) => {
    const { name } = call.context.createAuthCookie('two_factor');
    const challenge = await call.getSignedCookie(name, call.context.secret);
    if (!challenge) return null;
    const found = await call.context.internalAdapter.findVerificationValue(challenge);
    if (found === null || found.expiresAt < new Date()) return null;
    return call.context.internalAdapter.findUserById(found.value);
  });
  const keepSignedIn = createAuthEndpoint({ method: 'GET', requireHeaders: true }, async (call) => {
    const { name, attributes } = call.context.authCookies.sessionToken;
    const token = await call.getSignedCookie(name, call.context.secret);
    if (token) await call.setSignedCookie(name, token, call.context.secret, attributes);
  });
  const secondFactor = twoFactor({
    issuer: 'Raffia',
    schema: {
      user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
      twoFactor: {
        modelName: 'second_factors',
        fields: {
          userId: 'user_id',
          backupCodes: 'backup_codes',
          failedVerificationCount: 'failed_verification_count',
          lockedUntil: 'locked_until',
        },
      },
    },
  });
  // The library asks for it after a password only: here after every way of saying who one is.
  for (const hook of secondFactor.hooks.after) {
    hook.matcher = ({ path }) => path?.startsWith('/sign-in/') === true || path === '/callback/:id';
  }
  return betterAuth({
    appName: 'Raffia',
    secret,
    ...(publicUrl === null || publicUrl === undefined ? {} : { baseURL: publicUrl }),
    basePath: authPath,
    database: { db, type: 'postgres', transaction: true },
    // A page of another origin does not even get here; this is its second lock.
    trustedOrigins: (request) => (request === undefined ? [] : [new URL(request.url).origin]),
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength,
      maxPasswordLength: 128,
      password: {
        hash: (password: string) => hasher.hash(password),
        verify: (given: { hash: string; password: string }) => hasher.verify(given),
      },
    },
    // What is not its own refusal goes on to ours: a database that is away, a line that is full.
    onAPIError: { throw: true, errorURL: '/sign-in' },
    session: {
      modelName: 'sessions',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      expiresIn: sessionDays * 24 * 3600,
      // The library would do so only where it is asked itself, and once for each that asks at the same time.
      disableSessionRefresh: true,
      // How old a session is says nothing; where it matters, the password is asked for.
      freshAge: 0,
      cookieCache: { enabled: false },
    },
    user: {
      modelName: 'users',
      // Who only claims an address at the provider is not the person who has it here.
      validateUserInfo: async ({ user, source }) => {
        if (source.method !== 'oauth') return undefined;
        if (user.emailVerified !== true) return { error: 'email_not_verified' };
        if (source.action !== 'create-user' || signUp === 'open') return undefined;
        const { rowCount } = await pool.query(
          'select 1 from invitations where lower(email) = $1 and expires_at > now() limit 1',
          [user.email?.toLowerCase()],
        );
        return rowCount === 0 ? { error: 'not_invited' } : undefined;
      },
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    account: {
      modelName: 'credentials',
      fields: {
        userId: 'user_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      encryptOAuthTokens: true,
      // Who may be linked is decided when the link is made, below.
      accountLinking: { enabled: true, trustedProviders: ['oidc'], requireLocalEmailVerified: false },
    },
    databaseHooks: {
      session: { delete: { after: async ({ userId }) => sessionsEnded(userId) } },
      account: {
        create: {
          before: async ({ providerId, userId }) => {
            if (providerId !== 'oidc') return;
            // Whoever has a way in already uses it first, and links from there: the provider does not decide who that is.
            const state = await getOAuthState();
            if (state?.link?.userId !== userId) {
              const { rowCount } = await pool.query(waysIn, [userId]);
              if (rowCount !== 0) return false;
            }
            await pool.query('update users set email_verified = true where id = $1', [userId]);
            return;
          },
        },
      },
    },
    verification: {
      modelName: 'verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
      storeIdentifier: 'hashed',
    },
    // Ours counts by person as well, and knows the addresses of the real one.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: {
      cookiePrefix: 'raffia',
      useSecureCookies: isSecure,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: ['x-raffia-client-address'] },
      database: { generateId: () => randomUUIDv7() },
    },
    plugins: [
      { id: 'raffia', endpoints: { halfSignedIn, keepSignedIn } },
      secondFactor,
      ...(withPasskeys ? [await passkeyPlugin(publicUrl)] : []),
      {
        id: 'second-factor-after-provider',
        hooks: {
          after: [
            {
              matcher: ({ path }) => path === '/callback/:id',
              handler: createAuthMiddleware(async (call) => {
                const { returned, responseHeaders } = call.context;
                if ((returned as { twoFactorRedirect?: boolean } | undefined)?.twoFactorRedirect !== true) return;
                const back = responseHeaders?.get('location') ?? '/';
                throw call.redirect(`/sign-in?second-factor=asked&back=${encodeURIComponent(back)}`);
              }),
            },
          ],
        },
      },
      ...(oidc.issuer === null
        ? []
        : [
            genericOAuth({
              config: [
                {
                  providerId: 'oidc',
                  discoveryUrl: `${oidc.issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`,
                  clientId: oidc.clientId ?? '',
                  clientSecret: oidc.clientSecret ?? '',
                  scopes: ['openid', 'profile', 'email'],
                  pkce: true,
                  // Whoever is not known yet needs an invitation, unless anybody may come.
                  disableSignUp: signUp === 'closed',
                },
              ],
            }),
          ]),
    ],
  });
}

/** A row where a person can sign in here by other means than the provider. */
const waysIn = `
select 1 from users u
 where u.id = $1
   and (u.two_factor_enabled
        or exists (select from credentials c where c.user_id = u.id)
        or exists (select from passkeys p where p.user_id = u.id))`;
