import { type ActorKind, type PersonVerb, personVerbs } from '@raffia/contract/enums.ts';
import type { Operation } from '@raffia/contract/operation.ts';
import { type RawBuilder, sql } from 'kysely';
import type { OpenWriteCall, WriteCall } from '../calls/route.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Services } from '../services.ts';
import { Changes, type ChangeVerb } from './changes.ts';

export interface AuditActor {
  readonly kind: Exclude<ActorKind, 'system'>;
  readonly id: string | null;
  /** Of somebody anonymous: the e-mail address that he claims to have. */
  readonly name: string;
}

export interface AuditEntry {
  readonly accountId: string;
  readonly projectId: string | null;
  /** What was done, such as `vm.create`: a kind of change, and a word of its own. */
  readonly verb: ChangeVerb;
  readonly actor: AuditActor;
  readonly resourceId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
}

/** What happened to somebody's way in. */
export interface PersonEntry {
  readonly email: string;
  readonly verb: PersonVerb;
  readonly actor: AuditActor;
  /** From where: a client's address, or `operator`. */
  readonly address: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
}

/**
 * Enters who did what to which resource, in the transaction that does it, and says that it changes: there is no change without its
 * entry, and no entry that leaves something stale.
 */
export async function enterAudit(
  { changes }: Pick<Services, 'changes'>,
  tx: Transaction,
  entry: AuditEntry,
): Promise<void> {
  const { accountId, projectId, verb, resourceId } = entry;
  await insert(tx, {
    ...entry,
    resourceId: sql`${resourceId}`,
    whose: sql`(select ${accountId}::uuid as account_id) a`,
  });
  changes.said(tx, { kind: Changes.kindOf(verb), accountId, id: resourceId, projectId });
}

/**
 * Enters what happened to a person's way in, in the log of every account where the person may do something; an Owner is a member of the
 * account as well. Nothing of a person is kept in memory, and the pages of others show nothing of it. Where nobody has the address,
 * nothing is entered.
 */
export async function enterPersonAudit(
  tx: Transaction,
  { email, address, details, ...entry }: PersonEntry,
): Promise<void> {
  const known = email.toLowerCase();
  await insert(tx, {
    ...entry,
    projectId: null,
    resourceId: sql`a.user_id`,
    details: { address, email: known, ...details },
    whose: sql`(select m.user_id, m.account_id from members m join users u on u.id = m.user_id where u.email = ${known}
                union
                select m.user_id, m.account_id from project_members m join users u on u.id = m.user_id where u.email = ${known}) a`,
  });
}

/** The entry of an operation, whose verb the contract names. */
export function recordAudit(
  tx: Transaction,
  operation: Operation,
  { services, principal, projectId, params, audit, requestId }: WriteCall<Operation>,
  answer: unknown,
): Promise<void> {
  const made = (answer as { data?: { id?: string | number } }).data?.id;
  const resourceId = audit.resourceId ?? (params as { id?: string | number }).id ?? made;
  return enterAudit(services, tx, {
    accountId: principal.accountId,
    projectId,
    // changes.test.ts holds it to be one.
    verb: operation.audit as ChangeVerb,
    actor: principal,
    resourceId: resourceId === undefined ? null : String(resourceId),
    details: audit.details,
    requestId,
  });
}

/**
 * The entry of an operation in no account's name.
 *
 * @throws Error where the use case did not say whose log it is
 */
export async function recordOpenAudit(
  tx: Transaction,
  operation: Operation,
  { services, audit, address, requestId }: OpenWriteCall<Operation, unknown>,
): Promise<void> {
  const verb = audit.verb === undefined ? operation.audit : audit.verb;
  if (verb === undefined || verb === null) return;
  const { account, resourceId = null, details } = audit;
  if (audit.actor === undefined) throw new Error(`${operation.id} has not said who acts`);
  const { id, email } = audit.actor;
  const known = operation.access.who === 'operator' ? 'operator' : 'user';
  const actor: AuditActor = { kind: id === null ? 'anonymous' : known, id, name: email.toLowerCase() };
  if (isOfPerson(verb)) return enterPersonAudit(tx, { email, verb, actor, address, details, requestId });
  if (account === undefined) throw new Error(`${operation.id} has not said whose log tells of it`);
  await enterAudit(services, tx, {
    accountId: account.id,
    projectId: account.projectId,
    verb: verb as ChangeVerb,
    actor,
    resourceId,
    details: { address, ...details },
    requestId,
  });
}

function isOfPerson(verb: string): verb is PersonVerb {
  return personVerbs.some((known) => known === verb);
}

interface Inserted extends Omit<AuditEntry, 'accountId' | 'verb' | 'resourceId'> {
  readonly verb: ChangeVerb | PersonVerb;
  readonly resourceId: RawBuilder<unknown>;
  /** Rows `a` with the `account_id` of each log. */
  readonly whose: RawBuilder<unknown>;
}

async function insert(
  tx: Transaction,
  { whose, projectId, verb, actor, resourceId, details, requestId }: Inserted,
): Promise<void> {
  await sql`
    insert into audit_log (account_id, project_id, verb, actor_kind, actor_id, actor_name, resource_id, details, request_id)
    select a.account_id, ${projectId}::uuid, ${verb}, ${actor.kind}, ${actor.id}::uuid, ${actor.name}, ${resourceId}::text,
           ${JSON.stringify(details)}::jsonb, ${requestId ?? null}
      from ${whose}`.execute(tx.db);
}
