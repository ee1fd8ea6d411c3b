import { isIP } from 'node:net';

/**
 * The name that passkeys are made for, fixed by the configuration: what a request calls this server does not matter. Browsers take no
 * number for a name, and no http but this computer's own.
 *
 * @returns undefined where passkeys cannot be used
 */
export function passkeyDomain(publicUrl: string | null): string | undefined {
  if (publicUrl === null) return 'localhost';
  const { protocol, hostname } = new URL(publicUrl);
  if (isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0) return undefined;
  return protocol === 'https:' || /(^|\.)localhost$/.test(hostname) ? hostname : undefined;
}

/** better-auth's passkeys, on our table. A passkey whose device did not check who holds it is refused, made or used. */
export async function passkeyPlugin(publicUrl: string | null) {
  const { passkey } = await import('@better-auth/passkey');
  const { APIError } = await import('better-auth/api');
  const refuseUnverified = (isVerified: boolean | undefined) => {
    if (isVerified !== true) {
      throw new APIError('BAD_REQUEST', { code: 'PASSKEY_UNVERIFIED', message: 'User verification is required' });
    }
  };
  return passkey({
    rpID: passkeyDomain(publicUrl) ?? 'localhost',
    rpName: 'Raffia',
    ...(publicUrl === null ? {} : { origin: new URL(publicUrl).origin }),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    registration: {
      afterVerification: async ({ verification }) => refuseUnverified(verification.registrationInfo?.userVerified),
    },
    authentication: {
      afterVerification: async ({ verification }) => refuseUnverified(verification.authenticationInfo.userVerified),
    },
    advanced: { webAuthnChallengeCookie: 'passkey' },
    schema: {
      passkey: {
        modelName: 'passkeys',
        fields: {
          userId: 'user_id',
          credentialID: 'credential_id',
          publicKey: 'public_key',
          deviceType: 'device_type',
          backedUp: 'backed_up',
          createdAt: 'created_at',
        },
      },
    },
  });
}
