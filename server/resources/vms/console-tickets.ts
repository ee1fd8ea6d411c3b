import { hash, randomBytes } from 'node:crypto';
import { consolePath } from '@raffia/contract/console-socket.ts';
import type { createVMConsole } from '@raffia/contract/vm-console.ts';
import { type Principal, powerless } from '../../access/principal.ts';
import type { WriteCall } from '../../calls/route.ts';
import { ApiError, notFound } from '../../foundation/api-error.ts';
import { quotaOf } from '../../quotas/usage.ts';
import type { Services } from '../../services.ts';
import { refuseByState } from './accept-action.ts';
import { findVm } from './queries.ts';

const ticketMs = 30_000;

/** For whom, and of which machine, a console is to be opened. */
export interface ConsoleTicket {
  /** Who asked for it: what it may do is to be found out. */
  readonly caller: Principal;
  readonly vmId: string;
  readonly projectId: string;
}

/** What stands of a ticket in the database. */
const digestOf = (ticket: string) => hash('sha256', ticket, 'hex');

/** Gives a ticket of a machine that runs to who may have a console of it now. */
export async function createConsoleTicket(call: WriteCall<typeof createVMConsole>) {
  const { services, tx, principal, projectId, params, origin } = call;
  const vm = await findVm(tx.db, principal.accountId, params.id);
  if (vm === undefined) throw notFound('vm');
  refuseByState(vm, 'console');
  const limit = await quotaOf(tx.db, principal.accountId, 'consoles');
  if (limit !== null && (await services.consolePlaces.ofAccount(principal.accountId)) >= limit)
    throw new ApiError('tooManyConsoles', { whose: 'account', limit });
  const now = services.clock.now();
  // Who asks for many opens few: what has run out goes with the next.
  await tx.db
    .deleteFrom('console_tickets')
    .where('account_id', '=', principal.accountId)
    .where('expires_at', '<', new Date(now))
    .execute();
  const ticket = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now + ticketMs);
  await tx.db
    .insertInto('console_tickets')
    .values({
      token_hash: digestOf(ticket),
      account_id: principal.accountId,
      project_id: projectId,
      vm_id: vm.id,
      caller_kind: principal.kind,
      caller_id: principal.id,
      caller_name: principal.name,
      credential: principal.credential,
      expires_at: expiresAt,
    })
    .execute();
  const url = `${origin.replace(/^http/, 'ws')}${consolePath}`;
  return { success: true, data: { ticket, url, expires_at: expiresAt.toISOString() } };
}

/** What a ticket is good for: once, on whichever node, and not after its time. */
export async function takeTicket({ db, clock }: Services, ticket: string): Promise<ConsoleTicket | undefined> {
  const row = await db
    .deleteFrom('console_tickets')
    .where('token_hash', '=', digestOf(ticket))
    .returningAll()
    .executeTakeFirst();
  if (row === undefined || row.expires_at.getTime() <= clock.now()) return undefined;
  const caller: Principal = {
    ...powerless,
    kind: row.caller_kind,
    id: row.caller_id,
    credential: row.credential,
    name: row.caller_name,
    accountId: row.account_id,
    actorId: row.caller_id,
  };
  return { caller, vmId: row.vm_id, projectId: row.project_id };
}
