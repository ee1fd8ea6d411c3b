interface Kept {
  readonly accountId: string;
  page: Buffer | Promise<Buffer>;
  /** What it takes in memory; nothing while it is being built. */
  bytes: number;
}

/** What a page takes beside its bytes: its name, and its places in the maps. */
const overhead = 512;

/**
 * Finished pages of `GET /vms` in memory, exact: whoever changes a machine drops its account's pages before the change is answered.
 * A page that was being read at the drop is answered to who asked before, and never kept. All accounts share one bound in bytes; what
 * was not asked for longest goes first.
 */
export class VmPages {
  readonly #most: number;
  /** By account and name; in the order of their last use, once memory is half full. */
  readonly #pages = new Map<string, Kept>();
  readonly #byAccount = new Map<string, Set<string>>();
  #bytes = 0;
  #isSole = true;

  /** @param most bytes of all pages together */
  constructor(most: number) {
    this.#most = most;
  }

  /** What all pages take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The page of a name, from memory or built now; requests for the same page share one build.
   *
   * @param name everything that the page depends on: projects, filters, limit and offset
   */
  page(accountId: string, name: string, build: () => Promise<Buffer>): Buffer | Promise<Buffer> {
    if (!this.#isSole) return build();
    const key = `${accountId} ${name}`;
    const kept = this.#pages.get(key);
    if (kept !== undefined) {
      if (this.#bytes > this.#most / 2) {
        this.#pages.delete(key);
        this.#pages.set(key, kept);
      }
      return kept.page;
    }
    const building: Kept = { accountId, page: build(), bytes: 0 };
    building.page = (building.page as Promise<Buffer>).then(
      (page) => {
        if (this.#pages.get(key) === building) this.#keep(key, building, page);
        return page;
      },
      (error) => {
        if (this.#pages.get(key) === building) this.#forget(key, building);
        throw error;
      },
    );
    this.#pages.set(key, building);
    const ofAccount = this.#byAccount.get(accountId);
    if (ofAccount === undefined) this.#byAccount.set(accountId, new Set([key]));
    else ofAccount.add(key);
    return building.page;
  }

  /** Keeps nothing while another process may be writing to the database. */
  setSole(isSole: boolean): void {
    this.#isSole = isSole;
    this.#pages.clear();
    this.#byAccount.clear();
    this.#bytes = 0;
  }

  /** Forgets an account's pages: a machine changed, came or went. */
  drop(accountId: string): void {
    for (const key of this.#byAccount.get(accountId) ?? []) {
      const kept = this.#pages.get(key);
      if (kept === undefined) continue;
      this.#pages.delete(key);
      this.#bytes -= kept.bytes;
    }
    this.#byAccount.delete(accountId);
  }

  #keep(key: string, kept: Kept, page: Buffer): void {
    kept.page = page;
    kept.bytes = page.byteLength + 2 * key.length + overhead;
    this.#bytes += kept.bytes;
    for (const [oldest, old] of this.#pages) {
      if (this.#bytes <= this.#most) break;
      if (old.bytes > 0) this.#forget(oldest, old);
    }
  }

  #forget(key: string, kept: Kept): void {
    this.#pages.delete(key);
    this.#bytes -= kept.bytes;
    const ofAccount = this.#byAccount.get(kept.accountId);
    ofAccount?.delete(key);
    if (ofAccount?.size === 0) this.#byAccount.delete(kept.accountId);
  }
}
