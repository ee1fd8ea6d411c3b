/** Where a key acts, in the words of the list of them. */
export const places = ['Everywhere', 'Lists', "A thing's page"] as const;

/** A key, or several one after the other or together, and what it does. */
export interface Shortcut {
  /** As `KeyboardEvent.key` says it; `mod` is the key that goes with letters on this system. */
  readonly keys: readonly string[];
  /** What does the same. */
  readonly or?: readonly string[];
  /** The last of a row of digits. */
  readonly to?: string;
  readonly does: string;
  /** True where it is held down to go on. */
  readonly repeats?: true;
}

/** Every key that the dashboard listens to, beside those that lead to pages (pages.ts); the list of them is this. */
export const shortcuts = {
  search: { place: 'Everywhere', keys: ['mod', 'K'], does: 'Search, go anywhere, or act on what the page shows' },
  filter: { place: 'Everywhere', keys: ['/'], does: 'Filter the list' },
  create: { place: 'Everywhere', keys: ['c'], does: 'Create what the page lists' },
  project: { place: 'Everywhere', keys: ['p'], does: 'Switch to another project' },
  activity: { place: 'Everywhere', keys: ['a'], does: 'Open or close activity' },
  help: { place: 'Everywhere', keys: ['?'], does: 'Show these keys' },
  next: { place: 'Lists', keys: ['j'], or: ['ArrowDown'], does: 'Go to the next row', repeats: true },
  previous: { place: 'Lists', keys: ['k'], or: ['ArrowUp'], does: 'Go to the previous row', repeats: true },
  open: { place: 'Lists', keys: ['Enter'], does: 'Open the row' },
  menu: { place: 'Lists', keys: ['m'], does: "Open the row's menu" },
  select: { place: 'Lists', keys: ['x'], does: 'Select or deselect the row' },
  selectNext: {
    place: 'Lists',
    keys: ['Shift', 'j'],
    or: ['Shift', 'ArrowDown'],
    does: 'Select up to the next row',
    repeats: true,
  },
  selectPrevious: {
    place: 'Lists',
    keys: ['Shift', 'k'],
    or: ['Shift', 'ArrowUp'],
    does: 'Select up to the previous row',
    repeats: true,
  },
  clear: { place: 'Lists', keys: ['Escape'], does: 'Clear the selection' },
  tab: { place: "A thing's page", keys: ['1'], to: '9', does: 'Go to a tab' },
  restart: { place: "A thing's page", keys: ['r'], does: 'Restart the VM…' },
  console: { place: "A thing's page", keys: ['o'], does: "Open the VM's console" },
} as const satisfies Record<string, Shortcut & { readonly place: (typeof places)[number] }>;

export type ShortcutName = keyof typeof shortcuts;

/** All that is listened to for one, as `pressOf` says it. */
export function pressesOf({ keys, or, to }: Shortcut): readonly string[] {
  const [first = ''] = keys;
  if (to !== undefined)
    return Array.from({ length: Number(to) - Number(first) + 1 }, (_, at) => `${Number(first) + at}`);
  return [keys, ...(or === undefined ? [] : [or])].map((together) => together.join('+'));
}

/** What is pressed, as the table has it: a letter is the same with caps lock, and what takes Shift to be typed is itself. */
export function pressOf({ key, shiftKey }: { readonly key: string; readonly shiftKey: boolean }): string {
  const isLetter = key.toLowerCase() !== key.toUpperCase() && key.length === 1;
  return `${shiftKey && (isLetter || key.length > 1) ? 'Shift+' : ''}${isLetter ? key.toLowerCase() : key}`;
}

/** Whether it is made of one character, which a person can switch off (WCAG 2.1.4), and not of a key such as Escape. */
export const isCharacter = ({ key }: { readonly key: string }): boolean => [...key].length === 1;

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
