const pagesPerAccount = 500;
const accounts = 20_000;

/**
 * Finished pages of `GET /vms` in memory, exact: whoever changes a machine drops its account's pages before the change is answered.
 * A page that was being read at the drop lands in the dropped map and is never served to a later request.
 */
export class VmPages {
  readonly #byAccount = new Map<string, Map<string, Buffer | Promise<Buffer>>>();

  /**
   * The page of a name, from memory or built now; requests for the same page share one build.
   *
   * @param name everything that the page depends on: projects, filters, limit and offset
   */
  page(accountId: string, name: string, build: () => Promise<Buffer>): Buffer | Promise<Buffer> {
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

  /** Forgets an account's pages. */
  drop(accountId: string): void {
    this.#byAccount.delete(accountId);
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
