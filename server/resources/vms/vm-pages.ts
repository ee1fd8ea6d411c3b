const pagesPerAccount = 500;
const accounts = 20_000;

/**
 * Finished pages of `GET /vms` in memory, exact: whoever changes a machine drops its account's pages before the change is answered.
 * A page that was being read at the drop lands in the dropped map and is never served to a later request.
 */
export class VmPages {
  readonly #byAccount = new Map<string, Map<string, Buffer | Promise<Buffer>>>();
  readonly #totals = new Map<string, Map<string, number>>();
  #isSole = true;

  /**
   * The page of a name, from memory or built now; requests for the same page share one build.
   *
   * @param name everything that the page depends on: projects, filters, limit and offset
   */
  page(accountId: string, name: string, build: () => Promise<Buffer>): Buffer | Promise<Buffer> {
    if (!this.#isSole) return build();
    const pages = this.#pagesOf(accountId);
    const page = pages.get(name);
    if (page !== undefined) return page;
    const building = build().then(
      (bytes) => {
        pages.set(name, bytes);
        return bytes;
      },
      (error) => {
        pages.delete(name);
        throw error;
      },
    );
    if (pages.size >= pagesPerAccount) pages.clear();
    pages.set(name, building);
    return building;
  }

  /**
   * How many machines match, by what narrows a list beside their status: counting is what a page of many costs. Take the map before
   * counting, so that what was counted while a machine came or went is not kept.
   */
  totals(accountId: string): Map<string, number> {
    if (!this.#isSole) return new Map();
    let totals = this.#totals.get(accountId);
    if (totals === undefined) {
      if (this.#totals.size >= accounts) this.#totals.clear();
      totals = new Map();
      this.#totals.set(accountId, totals);
    }
    if (totals.size >= pagesPerAccount) totals.clear();
    return totals;
  }

  /** Keeps nothing while another process may be writing to the database. */
  setSole(isSole: boolean): void {
    this.#isSole = isSole;
    this.#byAccount.clear();
    this.#totals.clear();
  }

  /** Forgets an account's pages: a machine changed. */
  drop(accountId: string): void {
    this.#byAccount.delete(accountId);
  }

  /** Forgets an account's pages and totals: a machine came or went. */
  dropTotals(accountId: string): void {
    this.#totals.delete(accountId);
    this.drop(accountId);
  }

  #pagesOf(accountId: string): Map<string, Buffer | Promise<Buffer>> {
    let pages = this.#byAccount.get(accountId);
    if (pages === undefined) {
      if (this.#byAccount.size >= accounts) this.#byAccount.clear();
      pages = new Map();
      this.#byAccount.set(accountId, pages);
    }
    return pages;
  }
}
