/** A key, or several one after the other, and what it does. */
export interface Shortcut {
  /** As `KeyboardEvent.key` says it; `mod` is the key that goes with letters on this system. */
  readonly keys: readonly string[];
  readonly does: string;
}

/** Every key that the dashboard listens to wherever one is, beside those that lead to pages (pages.ts); the list of them is this. */
export const shortcuts = {
  search: { keys: ['mod', 'K'], does: 'Search, go anywhere, or act on what the page shows' },
  filter: { keys: ['/'], does: 'Filter the list' },
  create: { keys: ['c'], does: 'Create what the page lists' },
  activity: { keys: ['a'], does: 'Open or close activity' },
  clear: { keys: ['Escape'], does: 'Clear the selection' },
  help: { keys: ['?'], does: 'Show these keys' },
} as const satisfies Record<string, Shortcut>;

export type ShortcutName = keyof typeof shortcuts;

/** Begins the way to a page. */
export const goKey = 'g';
/** The letter of a page after it, as they are listened to. */
export const wayOf = (letter: string): string => `${goKey} ${letter}`;
/** So long after it the letter of a page is waited for. */
const goMs = 1500;

/** Keys that are pressed one after the other, as far as they belong together. */
export class Presses {
  #goAt = Number.NEGATIVE_INFINITY;

  /** @returns the key, or `g v` where it follows the one that begins a way */
  press(key: string, now: number): string {
    const follows = now - this.#goAt < goMs;
    this.#goAt = key === goKey && !follows ? now : Number.NEGATIVE_INFINITY;
    return follows ? wayOf(key) : key;
  }
}
