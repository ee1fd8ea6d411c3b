import { type ChangeKind, type KeptName, resourceOf } from '@raffia/contract/resources.ts';
import type { Principals } from '../access/principals.ts';
import type { ProjectAccounts } from '../access/projects.ts';
import type { Transaction } from '../database/transaction.ts';
import type { ExactCache } from '../foundation/exact-cache.ts';
import type { Events, Change as Told } from './events.ts';

/** What was done, as the audit log says it. */
export type ChangeVerb = `${ChangeKind}.${string}`;

export interface Change {
  readonly kind: ChangeKind;
  readonly accountId: string;
  readonly id: string | null;
  readonly projectId: string | null;
}

/** Tells other processes of changes, where there are any. */
export interface Relay {
  /**
   * @param kinds what nodes keep that the change makes stale
   * @param told what open pages are told
   */
  said(tx: Transaction, change: Change, kinds: readonly ('authority' | 'pages')[], told: Told): void;
}

/** What is kept in memory of the rows. */
interface Kept {
  readonly principals: Principals;
  readonly projectAccounts: ProjectAccounts;
  /** Finished pages of `GET /vms`, by account. */
  readonly vmPages: ExactCache<Buffer>;
}

/** How each thing that is kept is dropped; which change drops it stands in contract/resources.ts. */
const droppers: Readonly<Record<KeptName, (kept: Kept, change: Change) => void>> = {
  principals: ({ principals }, { accountId }) => principals.dropAccount(accountId),
  key: ({ principals }, { accountId, id }) => {
    if (id === null) principals.dropAccount(accountId);
    else principals.dropKey(accountId, id);
  },
  projectAccount: ({ projectAccounts }, { id }) => {
    if (id !== null) projectAccounts.drop(id);
  },
  vmPages: ({ vmPages }, { accountId }) => vmPages.dropGroup(accountId),
};

/** Which of the marks of an account a thing that is kept stands under. */
const marks: Readonly<Record<KeptName, 'authority' | 'pages'>> = {
  principals: 'authority',
  key: 'authority',
  projectAccount: 'authority',
  vmPages: 'pages',
};

/**
 * The one place that knows what a change makes stale. Whoever changes rows says so in the transaction: what is kept of them in memory is
 * dropped before the caller goes on, however the transaction ends, and open pages are told once it stands.
 */
export class Changes {
  readonly #kept: Kept;
  readonly #events: Events;
  readonly #relay: Relay | undefined;

  /** @param relay left out where one process serves alone */
  constructor(kept: Kept, events: Events, relay?: Relay) {
    this.#kept = kept;
    this.#events = events;
    this.#relay = relay;
  }

  /** What an audit verb is about. */
  static kindOf(verb: ChangeVerb): ChangeKind {
    return verb.split('.', 1)[0] as ChangeKind;
  }

  /** Says in a transaction that it changes something. Without the project of what lies in one, nobody could be told of it. */
  said(tx: Transaction, change: Change): void {
    const { drops, project } = resourceOf(change.kind);
    const projectId = change.projectId ?? (project === 'id' ? change.id : null);
    if (project !== undefined && projectId === null) throw new Error(`a ${change.kind} changes, in no project`);
    tx.onSettled(() => {
      for (const name of drops) droppers[name](this.#kept, change);
    });
    const told: Told = {
      resource: change.kind,
      ...(change.id === null ? {} : { id: change.id }),
      ...(projectId === null ? {} : { project_id: projectId }),
    };
    tx.onCommitted(() => this.#events.tell(change.accountId, told));
    const kinds = [...new Set(drops.map((name) => marks[name]))];
    this.#relay?.said(tx, change, kinds, told);
  }
}
