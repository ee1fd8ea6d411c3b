import type { PersonVerb } from '@raffia/contract/enums.ts';
import type { AnswerOf, BodyOf, Operation, ParamsOf, ProjectOf, QueryOf } from '@raffia/contract/operation.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../access/people.ts';
import type { Principal } from '../access/principal.ts';
import type { Visible } from '../access/visible.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ApiError } from '../foundation/api-error.ts';
import type { Services } from '../services.ts';

/** A request to an operation that needs no key. */
export interface OpenCall<O extends Operation> {
  readonly services: Services;
  readonly params: ParamsOf<O>;
  readonly query: QueryOf<O>;
}

/** A request that changes something in no account's name, before its transaction: with what is needed to know who that might be. */
export interface Visit<O extends Operation> extends OpenCall<O> {
  readonly body: BodyOf<O>;
  /** Who it comes from, where its cookies say so. */
  readonly caller: Caller | undefined;
  readonly cookie: string | undefined;
  readonly userAgent: string | undefined;
  readonly address: string;
  /** Where our own pages are. */
  readonly origin: string;
  readonly requestId: string;
}

/** The same in its transaction, with what was found out before. */
export interface OpenWriteCall<O extends Operation, Prepared> extends Visit<O> {
  readonly tx: Transaction;
  readonly prepared: Prepared;
  readonly audit: OpenAudit;
  readonly reply: OpenReply;
}

/** What goes along with an answer. */
export interface OpenReply {
  cookies?: readonly string[];
  /** Where a browser goes on. */
  location?: string;
  /** What is answered in place of an answer, once the transaction stands: what somebody tried is put down, and refused. */
  refusal?: ApiError;
}

/** What the audit log tells of a change in no account's name, beyond time and address. */
export interface OpenAudit {
  /** Where it is another one than the operation's; null where nothing has happened. */
  verb?: PersonVerb | null;
  /** Who it was: without an `id` somebody anonymous, who has only named the address. */
  actor?: { readonly id: string | null; readonly email: string };
  /** The account whose log it is; a verb of a person is in those of all accounts where the person may do something. */
  account?: { readonly id: string; readonly projectId: string | null };
  resourceId?: string;
  details: Record<string, unknown>;
}

/** What every request that passed key, limit, project and permission has, whatever its operation. */
export interface Admitted {
  readonly services: Services;
  readonly principal: Principal;
}

/** What every change has: it stands in one transaction with its audit entry and its remembered answer. */
export interface Change extends Admitted {
  readonly tx: Transaction;
  readonly requestId: string;
  /** Where our own pages are. */
  readonly origin: string;
  /** What the audit log tells beyond actor, verb, time and the path's id. */
  readonly audit: { resourceId?: string; details: Record<string, unknown> };
}

/** A change of what `{id}` in the path names. */
export type ChangeById = Change & { readonly params: { readonly id: string } };

/** A request that reads. Where its operation names a project, that is the one that decided. */
export type ReadCall<O extends Operation> = OpenCall<O> & Admitted & ProjectOf<O>;

/**
 * A request for a list over projects: it is made of what the caller may see, and who that is does not matter. Nothing in it asks the
 * database but `visible`.
 */
export interface ListCall<O extends Operation> extends Omit<OpenCall<O>, 'services'> {
  readonly services: Pick<Services, 'catalogue' | 'clock' | 'configuration' | 'vmPages'>;
  readonly visible: Visible;
}

/** A request that changes something. */
export type WriteCall<O extends Operation> = ReadCall<O> & Change & { readonly body: BodyOf<O> };

/** A request whose answer goes on: the use case writes to the connection itself. */
export type StreamCall<O extends Operation> = ReadCall<O> & {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};

/** A route whatever its operation: what its calls bring is known to have passed gate and validation, and no more. */
export type Route =
  | {
      readonly kind: 'open';
      readonly operation: Operation;
      readonly handle: (call: OpenCall<Operation>) => unknown;
      readonly statusOf: ((answer: unknown) => number) | undefined;
    }
  | {
      readonly kind: 'openWrite';
      readonly operation: Operation;
      readonly prepare: (visit: Visit<Operation>) => Promise<unknown>;
      readonly handle: (call: OpenWriteCall<Operation, unknown>) => Promise<unknown>;
      /** What is answered before the work begins; undefined where the work makes the answer. */
      readonly answer: unknown;
    }
  | { readonly kind: 'read'; readonly operation: Operation; readonly handle: (call: ReadCall<Operation>) => unknown }
  | { readonly kind: 'list'; readonly operation: Operation; readonly handle: (call: ListCall<Operation>) => unknown }
  | {
      readonly kind: 'stream';
      readonly operation: Operation;
      readonly handle: (call: StreamCall<Operation>) => Promise<void>;
    }
  | {
      readonly kind: 'write';
      readonly operation: Operation;
      readonly handle: (call: WriteCall<Operation>) => Promise<unknown>;
    };

type Awaitable<T> = T | Promise<T>;

type OverProjects = Operation & { readonly project: 'readable' };
/** Refuses a list over projects where a call has caller and database. */
type NoList<O extends Operation> = O['project'] extends 'readable' ? never : O;

/** Binds a read that needs no key to its use case; `statusOf` tells the status where it is not always the declared one. */
export function open<O extends Operation>(
  operation: O,
  handle: (call: OpenCall<O>) => Awaitable<AnswerOf<O>>,
  statusOf?: (answer: AnswerOf<O>) => number,
): Route {
  return {
    kind: 'open',
    operation,
    handle: (call) => handle(call as OpenCall<O>),
    statusOf: statusOf && ((answer) => statusOf(answer as AnswerOf<O>)),
  };
}

interface OpenWrite<O extends Operation, Prepared, Answer> {
  /** Outside of any transaction: what takes its time, such as hashing a password, and what is refused before anything is changed. */
  readonly prepare?: (visit: Visit<O>) => Promise<Prepared>;
  /** Runs inside the request's transaction. */
  readonly handle: (call: OpenWriteCall<O, Prepared>) => Promise<Answer>;
}

/** Binds a writing operation that is of no account's key or member: anybody's, or a person's whatever the account. */
export function openWrite<O extends Operation, Prepared = void>(
  operation: O,
  { prepare, handle }: OpenWrite<O, Prepared, AnswerOf<O>>,
): Route {
  return {
    kind: 'openWrite',
    operation,
    prepare: async (visit) => prepare?.(visit as Visit<O>),
    handle: (call) => handle(call as OpenWriteCall<O, Prepared>),
    answer: undefined,
  };
}

/** Binds one whose answer waits for none of the work: the time that it takes would tell what it found. */
export function answeredFirst<O extends Operation>(
  operation: O,
  { prepare, handle, answer }: OpenWrite<O, void, void> & { readonly answer: AnswerOf<O> },
): Route {
  return {
    kind: 'openWrite',
    operation,
    prepare: async (visit) => prepare?.(visit as Visit<O>),
    handle: (call) => handle(call as OpenWriteCall<O, void>),
    answer,
  };
}

/** Binds a reading operation. A use case may answer finished JSON bytes, which are sent as they are. */
export function read<O extends Operation>(
  operation: O & NoList<O>,
  handle: (call: ReadCall<O>) => Awaitable<AnswerOf<O> | Buffer>,
): Route {
  return { kind: 'read', operation, handle: (call) => handle(call as ReadCall<O>) };
}

/** Binds an operation whose project source is `readable`; the only way to bind one. */
export function list<O extends OverProjects>(
  operation: O,
  handle: (call: ListCall<O>) => Awaitable<AnswerOf<O> | Buffer>,
): Route {
  return { kind: 'list', operation, handle: (call) => handle(call as ListCall<O>) };
}

/** Binds a writing operation; its use case runs inside the request's transaction. */
export function write<O extends Operation>(
  operation: O & NoList<O>,
  handle: (call: WriteCall<O>) => Promise<AnswerOf<O>>,
): Route {
  return { kind: 'write', operation, handle: (call) => handle(call as WriteCall<O>) };
}

/** Binds a read operation to a use case that streams its answer. */
export function stream<O extends Operation>(
  operation: O & NoList<O>,
  handle: (call: StreamCall<O>) => Promise<void>,
): Route {
  return { kind: 'stream', operation, handle: (call) => handle(call as StreamCall<O>) };
}
