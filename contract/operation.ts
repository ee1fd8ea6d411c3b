import type { Permission } from './permission-catalogue.ts';
import type { QuotaName } from './quotas.ts';
import type { ResourceName } from './resources.ts';
import type { Static, TObject, TSchema } from './type.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call an operation. A permission list is an any-of expression: `account.*` names are looked up in the caller's
 * account role, all others in the caller's role on the operation's project. `person` is anybody who is signed in, in whatever account;
 * `operator` is one of them whom the host's command has made an operator of this cloud.
 */
export type Access =
  | { readonly who: 'open' }
  | { readonly who: 'key' }
  | { readonly who: 'person' }
  | { readonly who: 'operator' }
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

/**
 * What a paid operation asks of the account before it runs: `standing` may answer 403 with a reason
 * (behaviour/billing.md §7); `charge` may also answer 402.
 */
export type Billing = 'standing' | 'charge';

export interface Operation {
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
  /** What the `{id}` of the path names; the pipeline finds it within the caller's account, or answers 404. */
  readonly resource?: ResourceName;
  readonly billing?: Billing;
  /** What a success adds one to, and only so much of it is allowed to an account. */
  readonly quota?: readonly QuotaName[];
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  /** True where a request may leave the body out. */
  readonly bodyIsOptional?: true;
  /** The status of success, and the shape of its body; a browser that is sent on gets none. */
  readonly status: 200 | 201 | 202 | 302;
  readonly answer: TSchema;
  /** Other statuses under which the same shape is answered. */
  readonly sameAnswer?: readonly number[];
  /** True where the answer is server-sent events. */
  readonly stream?: true;
  /** True where it takes from others what they may do: the account's other writes then wait for it, and it for them. */
  readonly changesAuthority?: true;
  /** The audit verb of a mutation, such as `vm.create`. */
  readonly audit?: string;
  /** Why one that is no read has no entry in the audit log: what it does, no account could see. It has this or a verb. */
  readonly unaudited?: string;
  /**
   * What somebody could guess with it, and who is limited then:
   * - `link`: the token of a link; the address;
   * - `email`: a password; the person whose address the body names;
   * - `person`: a password or a code; who is signed in, or has to show the second factor yet.
   *
   * A guess at a person is in the audit log as well.
   */
  readonly guesses?: 'link' | 'email' | 'person';
  /** True where it sets or ends cookies: only pages of this server may ask. */
  readonly fromPages?: true;
  /** True where the answer holds a secret, which is then never stored in the clear. */
  readonly secret?: boolean;
}

/** What is the same for several operations; whatever one of them says itself counts. */
type Common = Partial<Operation>;
type Merged<C, Own> = { readonly [K in keyof C | keyof Own]: K extends keyof Own ? Own[K] : C[K & keyof C] };
type OwnOf<C> = Partial<Operation> & Omit<Operation, keyof C | 'status'>;
/** Refuses what no operation has: a misspelt rule would be no rule. */
type NothingElse<Own> = { readonly [K in Exclude<keyof Own, keyof Operation>]: never };

/**
 * Declares the operations of a resource: what they have in common once, and then of each what is its own. The types of its request,
 * its answer and its project follow from it. Where none is named, success is 200.
 */
export function operationsOf<const C extends Common>(common: C & NothingElse<C>) {
  return <const Own extends OwnOf<C>>(own: Own & NothingElse<Own>): Merged<{ status: 200 } & C, Own> =>
    ({ status: 200, ...common, ...own }) as Merged<{ status: 200 } & C, Own>;
}

/** Whether it takes a session in whatever account, and never a key. */
export function isPersonal({ access }: Pick<Operation, 'access'>): boolean {
  return access.who === 'person' || access.who === 'operator';
}

/** Whether it changes something: what is no GET, and the one that a provider sends a browser back with. */
export function isWrite({ method, audit }: Operation): boolean {
  return method !== 'GET' || audit !== undefined;
}

/** Whether a request without a body is refused. */
export function needsBody({ body, bodyIsOptional }: Operation): boolean {
  return body !== undefined && bodyIsOptional !== true;
}

export type ParamsOf<O extends Operation> = O extends { readonly params: infer P extends TObject }
  ? Static<P>
  : unknown;
export type QueryOf<O extends Operation> = O extends { readonly query: infer Q extends TObject } ? Static<Q> : unknown;
export type BodyOf<O extends Operation> = O extends { readonly body: infer B extends TSchema } ? Static<B> : unknown;
export type AnswerOf<O extends Operation> = Static<O['answer']>;

/** The project of a call: there where the source of the operation names one, and else not to be asked for. */
export type ProjectOf<O extends Operation> = O['project'] extends 'header' | 'path' | 'resource'
  ? { readonly projectId: string }
  : O['project'] extends 'account' | 'readable'
    ? unknown
    : { readonly projectId: string | null };
