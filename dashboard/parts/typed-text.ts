/**
 * Text that is typed and, a moment later, stands in the address. What the address says in between may be older than what is typed: only
 * what comes from elsewhere, such as back or a button that clears, replaces it.
 */
export class TypedText {
  #shown: string;
  /** What was told and has not come back yet, oldest first. */
  #told: string[] = [];

  constructor(address: string) {
    this.#shown = address;
  }

  /** The text was told to the address. */
  tell(text: string): void {
    if (text !== this.#shown || this.#told.length > 0) this.#told.push(text);
  }

  /** What the field shows once the address says this; undefined where it keeps what is typed. */
  hear(address: string): string | undefined {
    if (address === this.#shown) return undefined;
    this.#shown = address;
    const at = this.#told.indexOf(address);
    // Several may have been told before the first came back: the older ones never will.
    this.#told = this.#told.slice(at + 1);
    if (at >= 0) return undefined;
    this.#told = [];
    return address;
  }
}
