import { type TSchema, Type } from 'typebox';

/** Gives a schema the name under which it stands among the components of `/openapi.json`. */
export function named<S extends TSchema>(name: string, schema: S): S {
  return Object.assign(schema, { 'x-name': name });
}

export const ErrorBody = named(
  'Error',
  Type.Object({
    error: Type.String(),
    message: Type.String(),
  }),
);

export const BillingError = named(
  'BillingError',
  Type.Object({
    error: Type.String(),
    message: Type.String(),
    reason: Type.Enum(['banned', 'failed', 'no_billing_customer'], { type: 'string' }),
  }),
);

export const SuccessResponse = named(
  'SuccessResponse',
  Type.Object({
    success: Type.Optional(Type.Boolean()),
    message: Type.Optional(Type.String()),
  }),
);

const largestInt32 = 2_147_483_647;

/** A whole number that fits its column. */
export const int32 = () => Type.Integer({ minimum: -largestInt32 - 1, maximum: largestInt32 });

/** A whole number from `minimum` on that fits its column. */
export const count = (minimum: number, options: { default?: number } = {}) =>
  Type.Integer({ minimum, maximum: largestInt32, ...options });

/** The most rows of a page. */
export const largestPage = 100;
/** SSH keys are all shown at once, where no page is asked for. */
export const largestPageOfSshKeys = 500;

/** The page of a list: for most lists no more than 100 rows, whatever is asked for. */
export const page = (rows: number) => ({
  limit: Type.Optional(count(1, { default: rows })),
  offset: Type.Optional(count(0, { default: 0 })),
});

/** The rows of a page: whatever is asked for, no more than these. */
export const rows = <S extends TSchema>(row: S, options: { maxItems?: number } = {}) =>
  Type.Array(row, { maxItems: largestPage, ...options });

/** How many there are. */
export const total = () => count(0);

/** A description. */
export const prose = () => Type.String({ maxLength: 1000 });

export const email = () => Type.String({ format: 'email', maxLength: 254 });

/** An SSH public key with its comment; twice as long as the longest RSA key that OpenSSH takes. */
export const publicKey = () => Type.String({ maxLength: 8192, 'x-bytes-per-character': 2 });

/** SSH keys of a machine: ids of stored ones, or public keys. */
export const sshKeys = () => Type.Array(publicKey(), { maxItems: 20 });

/** Names of permissions; there are 61. */
export const permissionNames = (options: { minItems?: number } = {}) =>
  Type.Array(Type.String({ maxLength: 64 }), { ...options, maxItems: 100 });
