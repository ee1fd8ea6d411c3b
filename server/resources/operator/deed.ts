import type { Operation } from '@raffia/contract/operation.ts';
import type { OpenWriteCall } from '../../calls/route.ts';

/** What an operator did to an account, or to something of it, as the account's audit log tells it; who it was is told by whoever did it. */
export interface Deed {
  readonly accountId: string;
  readonly projectId?: string;
  readonly resourceId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Has a deed entered by the pipeline, in the name of the operator who is signed in. */
export function enterDeed<O extends Operation>(call: OpenWriteCall<O, void>, deed: Deed): void {
  const { accountId, projectId = null, resourceId, details } = deed;
  enterOperator(call);
  call.audit.account = { id: accountId, projectId };
  if (resourceId !== null) call.audit.resourceId = resourceId;
  call.audit.details = { ...details };
}

/** Says who acts. */
export function enterOperator<O extends Operation>({ caller, audit }: OpenWriteCall<O, void>): void {
  // The gate lets nobody else in.
  if (caller?.state === 'in') audit.actor = { id: caller.id, email: caller.email };
}
