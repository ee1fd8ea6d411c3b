import { AsyncLocalStorage } from 'node:async_hooks';

/** For whom the database is asked: decides whose turn it is, and whether there is still somebody who wants the answer. */
export interface Asker {
  /** The account, or before it is known the address. */
  readonly account: string;
  lane: 'read' | 'write';
  /** Connections that are held now. */
  held: number;
  /** The request is over: what it left running is the server's own work. */
  isOver: boolean;
  /** Whether the client has gone. */
  isGone(): boolean;
  /** Calls back when the client goes; the answer ends that. */
  onGone(act: () => void): () => void;
}

const askers = new AsyncLocalStorage<Asker | undefined>();

/** Runs work for somebody, with all that it starts. */
export function askFor<T>(asker: Asker | undefined, work: () => T): T {
  return askers.run(asker, work);
}

/** For whom the running code asks; undefined for the server's own work. */
export function currentAsker(): Asker | undefined {
  const asker = askers.getStore();
  return asker === undefined || asker.isOver ? undefined : asker;
}
