import { entryOf, type NumberedKind, type ResourceName } from './resources.ts';
import {
  type TInteger,
  type TOptional,
  type TProperties,
  type TSchema,
  type TSchemaOptions,
  type TString,
  Type,
} from './type.ts';

/** Gives a schema the name under which it stands among the components of `/openapi.json`. */
export function named<S extends TSchema>(name: string, schema: S): S {
  return Object.assign(schema, { 'x-name': name });
}

export const uuid = () => Type.String({ format: 'uuid' });

/** The most rows of a page. */
export const largestPage = 100;

const hex = (digits: number) => `[0-9a-fA-F]{${digits}}`;
const uuidPattern = `${hex(8)}(-${hex(4)}){3}-${hex(12)}`;

/** The id of something of whatever kind: a UUID, or the number of one that is numbered. */
export const anyId = () => Type.String({ maxLength: 36, pattern: `^([1-9][0-9]{0,9}|${uuidPattern})$` });

export const manyIdsPattern = `^${uuidPattern}(,${uuidPattern}){0,${largestPage - 1}}$`;

/** Several UUIDs in a query, with commas between; as many as a page has rows. */
export const manyIds = () =>
  Type.String({
    maxLength: 37 * largestPage - 1,
    pattern: manyIdsPattern,
    description: `Up to ${largestPage} ids, with commas between`,
  });

export const time = () => Type.String({ format: 'date-time' });

/** A day in UTC. */
export const day = (options: TSchemaOptions = {}) => Type.String({ format: 'date', ...options });

/** An amount, to the millionth of a dollar, such as `12.340000`. */
export const dollars = (options: TSchemaOptions = {}) => Type.String({ pattern: '^[0-9]+\\.[0-9]{6}$', ...options });

/** One word of a list. */
export const word = <const Words extends string[]>(words: readonly [...Words], options: TSchemaOptions = {}) =>
  Type.Enum(words, { type: 'string', ...options });

/** A region of the catalogue; the published contract knows one. */
export const region = () => word(['us-east'], { 'x-catalogue': 'region' });

/** One of which there may be no price. */
export const pricedRegion = () => word(['us-east'], { 'x-catalogue': 'pricedRegion' });

export const ErrorBody = named(
  'Error',
  Type.Object({
    error: Type.String(),
    message: Type.String(),
    existing_id: Type.Optional(
      Type.String({ format: 'uuid', description: 'What is there already, where that is why the request was refused' }),
    ),
  }),
);

export const BillingError = named(
  'BillingError',
  Type.Object({
    error: Type.String(),
    message: Type.String(),
    reason: word(['banned', 'failed', 'no_billing_customer']),
  }),
);

export const SuccessResponse = named(
  'SuccessResponse',
  Type.Object({
    success: Type.Optional(Type.Boolean()),
    message: Type.Optional(Type.String()),
  }),
);

export const largestInt32 = 2_147_483_647;

/** A whole number that fits its column. */
export const int32 = () => Type.Integer({ minimum: -largestInt32 - 1, maximum: largestInt32 });

/** A whole number from `minimum` on that fits its column. */
export const count = (minimum: number, options: { default?: number } = {}) =>
  Type.Integer({ minimum, maximum: largestInt32, ...options });

/** The most of those lists that were published without a page: all is shown at once, where none is asked for. */
export const largestWholeList = 500;

/** The page of a list: for most lists no more than 100 rows, whatever is asked for. */
export const page = (rows: number) => ({
  limit: Type.Optional(count(1, { default: rows })),
  offset: Type.Optional(count(0, { default: 0 })),
});

/** The most that are counted of what grows without a bound; beyond it, a list is paged by `before`. */
export const mostCounted = 10_000;

/** The page of such a list: an offset goes as far as is counted. */
export const nearPage = (rows: number) => ({
  ...page(rows),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: mostCounted, default: 0 })),
});

/** The rows of a page: whatever is asked for, no more than these. */
export const rows = <S extends TSchema>(row: S, options: { maxItems?: number } = {}) =>
  Type.Array(row, { maxItems: largestPage, ...options });

/** How many there are. */
export const total = () => count(0);

/**
 * A path with an `{id}`: what it names is found within the caller's account before anything else is looked at, or the answer is 404,
 * also where it is no UUID, or no number. Other parameters of the path are checked by their schemas.
 */
export const byId = <const Resource extends ResourceName, const More extends TProperties = Record<never, never>>(
  resource: Resource,
  more: More = {} as More,
) => {
  const { isNumbered } = entryOf(resource) as { readonly isNumbered?: true };
  type Id = Resource extends NumberedKind ? TInteger : TString;
  const id = (isNumbered ? count(1) : uuid()) as TSchema as Id;
  return { resource, params: Type.Object({ id, ...more }) };
};

const succeeded = { success: Type.Optional(Type.Boolean()) };

/** The published answer, none of whose parts is promised; mostly its content is `data`. */
export const answeredAs = <const Name extends string, Content extends TSchema>(name: Name, content: Content) =>
  Type.Object({ ...succeeded, ...({ [name]: Type.Optional(content) } as Record<Name, TOptional<Content>>) });

export const answered = <Content extends TSchema>(content: Content) => answeredAs('data', content);

export const answeredWithPage = <Row extends TSchema>(row: Row, options: { maxItems?: number } = {}) =>
  Type.Object({ ...answered(rows(row, options)).properties, total: Type.Optional(total()) });

/** The answer of our own operations: all of it is there. */
export const promised = <Content extends TSchema>(data: Content) => Type.Object({ success: Type.Boolean(), data });

export const promisedWithPage = <Row extends TSchema>(row: Row) =>
  Type.Object({ ...promised(rows(row)).properties, total: total() });

/** The same of what is counted only so far. */
export const promisedWithCountedPage = <Row extends TSchema>(row: Row) =>
  Type.Object({
    ...promised(rows(row)).properties,
    total: Type.Integer({ minimum: 0, maximum: mostCounted, description: 'How many match, counted up to 10,000' }),
    total_is_capped: Type.Optional(Type.Boolean({ description: 'True where more match than were counted' })),
  });

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
