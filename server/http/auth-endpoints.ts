import type { PersonVerb } from '@raffia/contract/enums.ts';

/** One of better-auth's endpoints as it is served. */
export interface AuthEndpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Its path as better-auth writes it, where that is another. */
  readonly pattern?: string;
  /**
   * It tells whether a password or a code is right: whoever guesses is limited by the person. It is of the person who is named by an
   * e-mail address, or of the one who is signed in, or has to show the second factor yet.
   */
  readonly guesses?: 'email' | 'person';
  /** What it is in the audit log when it is done. A wrong password or code is put down in any case. */
  readonly audit?: PersonVerb;
}

/** What of better-auth is served, and what guards it. Whatever does not stand here is 404. */
export const authEndpoints: readonly AuthEndpoint[] = [
  { method: 'POST', path: '/sign-in/email', guesses: 'email', audit: 'person.sign-in' },
  { method: 'POST', path: '/sign-in/social' },
  // The way back from the provider: a link from another site, which carries no change that was not begun here.
  { method: 'GET', path: '/callback/oidc', pattern: '/callback/:id', audit: 'person.sign-in' },
  { method: 'POST', path: '/link-social' },
  { method: 'GET', path: '/list-accounts' },
  { method: 'POST', path: '/sign-out' },
  { method: 'GET', path: '/list-sessions' },
  { method: 'POST', path: '/revoke-session' },
  { method: 'POST', path: '/revoke-sessions' },
  { method: 'POST', path: '/revoke-other-sessions' },
  { method: 'POST', path: '/update-user' },
  { method: 'POST', path: '/change-password', guesses: 'person', audit: 'person.password' },
  { method: 'POST', path: '/two-factor/enable', guesses: 'person' },
  { method: 'POST', path: '/two-factor/disable', guesses: 'person', audit: 'person.second-factor-off' },
  { method: 'POST', path: '/two-factor/verify-totp', guesses: 'person', audit: 'person.second-factor-on' },
  { method: 'POST', path: '/two-factor/verify-backup-code', guesses: 'person' },
  { method: 'POST', path: '/two-factor/generate-backup-codes', guesses: 'person', audit: 'person.backup-codes' },
];

/** What better-auth offers besides, each looked at and left out: ours does it, or nobody needs it. */
export const unservedEndpoints: readonly string[] = [
  // Signing up, resetting and proving an address go through invitations and links of ours.
  '/sign-up/email',
  '/request-password-reset',
  '/reset-password',
  '/reset-password/:token',
  '/verify-email',
  '/send-verification-email',
  '/change-email',
  '/delete-user',
  '/delete-user/callback',
  // Who is signed in: GET /api/raffia/v1/session.
  '/get-session',
  '/update-session',
  // A way to guess, without a use.
  '/verify-password',
  '/two-factor/get-totp-uri',
  // No codes are sent.
  '/two-factor/send-otp',
  '/two-factor/verify-otp',
  // The provider's tokens are nobody's business.
  '/refresh-token',
  '/get-access-token',
  '/account-info',
  '/unlink-account',
  '/ok',
  '/error',
];
