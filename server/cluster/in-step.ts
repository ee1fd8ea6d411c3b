/** What a node drops of an account. */
export interface Droppers {
  readonly authority: (accountId: string) => void;
  readonly pages: (accountId: string) => void;
}

interface Seen {
  readonly authority: string;
  readonly pages: string;
  readonly at: number;
}

const mostAccounts = 50_000;
/** Sooner than Redis forgets a mark: one that it has no more cannot be taken for one that was never there. */
const keptMs = 600_000;

/**
 * Which marks this node's memory of each account was read under. Every request compares them with the marks of now, and what is out of
 * date is dropped before anything is answered from it.
 */
export class InStep {
  readonly #droppers: Droppers;
  readonly #clock: () => number;
  readonly #seen = new Map<string, Seen>();

  /** @param clock milliseconds that never go back */
  constructor(droppers: Droppers, clock: () => number) {
    this.#droppers = droppers;
    this.#clock = clock;
  }

  /** The mark under which the account's authority was read; `?` where none is known, which is no mark at all. */
  authority(accountId: string): string {
    const seen = this.#seen.get(accountId);
    return seen === undefined || this.#clock() - seen.at > keptMs ? '?' : seen.authority;
  }

  /** Drops what the marks say is out of date. */
  compare(accountId: string, authority: string, pages: string): void {
    const seen = this.#seen.get(accountId);
    const at = this.#clock();
    const isOld = seen === undefined || at - seen.at > keptMs;
    if (isOld || seen.authority !== authority) this.#droppers.authority(accountId);
    if (isOld || seen.pages !== pages) this.#droppers.pages(accountId);
    this.#seen.delete(accountId);
    this.#seen.set(accountId, { authority, pages, at });
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= mostAccounts) return;
      this.#seen.delete(oldest);
      this.#droppers.authority(oldest);
      this.#droppers.pages(oldest);
    }
  }

  /** Knows nothing any more: the marks may have been lost. Nothing may be kept of before. */
  forget(): void {
    this.#seen.clear();
  }
}
