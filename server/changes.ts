import type { Principals } from './access/principals.ts';
import type { ProjectAccounts } from './access/projects.ts';
import type { Transaction } from './database/transaction.ts';
import type { Events } from './events.ts';
import type { ExactCache } from './exact-cache.ts';

/** What can change: the first words of audit verbs. */
export const changeKinds = [
  'account',
  'apikey',
  'image',
  'invitation',
  'member',
  'project',
  'role',
  'sshkey',
  'vm',
] as const;
export type ChangeKind = (typeof changeKinds)[number];
/** What was done, as the audit log says it. */
export type ChangeVerb = `${ChangeKind}.${string}`;

export interface Change {
  readonly kind: ChangeKind;
  readonly accountId: string;
  readonly id: string | null;
  readonly projectId: string | null;
}

/** What is kept in memory of the rows. */
interface Kept {
  readonly principals: Principals;
  readonly projectAccounts: ProjectAccounts;
  /** Finished pages of `GET /vms`, by account. */
  readonly vmPages: ExactCache<Buffer>;
}

/** What a change of each kind makes stale. */
const stale: Readonly<Record<ChangeKind, (kept: Kept, change: Change) => void>> = {
  account: dropPrincipals,
  apikey: ({ principals }, { accountId, id }) => {
    if (id === null) principals.dropAccount(accountId);
    else principals.dropKey(accountId, id);
  },
  image: nothing,
  invitation: nothing,
  member: dropPrincipals,
  project: (kept, change) => {
    if (change.id !== null) kept.projectAccounts.drop(change.id);
    dropPrincipals(kept, change);
    kept.vmPages.dropGroup(change.accountId);
  },
  role: dropPrincipals,
  sshkey: nothing,
  vm: ({ vmPages }, { accountId }) => vmPages.dropGroup(accountId),
};

function nothing(): void {}

function dropPrincipals({ principals }: Kept, { accountId }: Change): void {
  principals.dropAccount(accountId);
}

/**
 * The one place that knows what a change makes stale. Whoever changes rows says so in the transaction: what is kept of them in memory is
 * dropped before the caller goes on, however the transaction ends, and open pages are told once it stands.
 */
export class Changes {
  readonly #kept: Kept;
  readonly #events: Events;

  constructor(kept: Kept, events: Events) {
    this.#kept = kept;
    this.#events = events;
  }

  /** What an audit verb is about. */
  static kindOf(verb: ChangeVerb): ChangeKind {
    return verb.split('.', 1)[0] as ChangeKind;
  }

  /** Says in a transaction that it changes something. */
  said(tx: Transaction, change: Change): void {
    tx.onSettled(() => stale[change.kind](this.#kept, change));
    tx.onCommitted(() =>
      this.#events.tell(change.accountId, {
        resource: change.kind,
        ...(change.id === null ? {} : { id: change.id }),
        ...(change.projectId === null ? {} : { project_id: change.projectId }),
      }),
    );
  }
}
