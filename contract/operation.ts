import type { Static, TObject, TSchema } from 'typebox';
import type { Permission } from './permission-catalogue.ts';
import type { QuotaName } from './quotas.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call an operation. A permission list is an any-of expression: `account.*` names are looked up in the caller's
 * account role, all others in the caller's role on the operation's project. `person` is anybody who is signed in, in whatever account.
 */
export type Access =
  | { readonly who: 'open' }
  | { readonly who: 'key' }
  | { readonly who: 'person' }
  | { readonly who: 'permission'; readonly anyOf: readonly [Permission, ...Permission[]] };

/**
 * Where the project comes from, whose role decides:
 * - `account`: none, the operation belongs to the account;
 * - `header`: `X-Project-ID`, and a resource named by the path must lie in that project;
 * - `path`: the `{id}` of the path is the project;
 * - `resource`: the project of the resource that the path names;
 * - `readable`: all projects in which the caller holds the permission, or the one that header or query name.
 */
export type ProjectSource = 'account' | 'header' | 'path' | 'resource' | 'readable';

/** How an operation treats `X-Project-ID`: its absence is a 400, it narrows the answer, or it is not looked at. */
export type ProjectHeader = 'required' | 'optional' | 'unused';

/** What the `{id}` of a path names; the pipeline finds it within the caller's account, or answers 404. */
export type ResourceName = 'vm' | 'project' | 'sshKey' | 'apiKey' | 'role' | 'member' | 'invitation' | 'image';

/**
 * What a paid operation asks of the account before it runs: `standing` may answer 403 with a reason
 * (behaviour/billing.md §7); `charge` may also answer 402.
 */
export type Billing = 'standing' | 'charge';

export interface Operation<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> {
  /** The published operation id, such as `createVM`. */
  readonly id: string;
  readonly method: Method;
  /** The path with `{name}` parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly project: ProjectSource;
  readonly projectHeader: ProjectHeader;
  readonly resource?: ResourceName;
  readonly billing?: Billing;
  /** What a success adds one to, and only so much of it is allowed to an account. */
  readonly quota?: readonly QuotaName[];
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Whether a request without a body is refused. */
  readonly bodyRequired?: boolean;
  /** The status of success, and the shape of its body. */
  readonly status: 200 | 201 | 202;
  readonly answer: Answer;
  /** Other statuses under which the same shape is answered. */
  readonly sameAnswer?: readonly number[];
  /** True where the answer is server-sent events. */
  readonly stream?: true;
  /** Error statuses that the published contract lists for this operation; the global ones are added by `openapi.ts`. */
  readonly errors: readonly number[];
  /** True where it takes from others what they may do: the account's other writes then wait for it, and it for them. */
  readonly changesAuthority?: true;
  /** The audit verb of a mutation, such as `vm.create`. */
  readonly audit?: string;
  /** True where the answer holds a secret, which is then never stored in the clear. */
  readonly secret?: boolean;
}

/** Declares an operation; exists for the inference of its types. */
export function defineOperation<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
>(operation: Operation<Params, Query, Body, Answer>): Operation<Params, Query, Body, Answer> {
  return operation;
}

export type ParamsOf<O extends Operation> = O extends Operation<infer P, TObject, TSchema, TSchema> ? Static<P> : never;
export type QueryOf<O extends Operation> = O extends Operation<TObject, infer Q, TSchema, TSchema> ? Static<Q> : never;
export type BodyOf<O extends Operation> = O extends Operation<TObject, TObject, infer B, TSchema> ? Static<B> : never;
export type AnswerOf<O extends Operation> = O extends Operation<TObject, TObject, TSchema, infer A> ? Static<A> : never;
