import type { LucideIcon } from 'lucide-react';

/** Something that the search leads to, or that it does. */
export interface Entry {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  /** What tells it from others of the name: a project, an address, an e-mail address. */
  readonly hint?: string;
  /** What it is also found by: ids, addresses, tags. */
  readonly words?: readonly string[];
  /** Where it leads, or what it does. */
  readonly address?: string;
  readonly onSelect?: () => void;
  /** Why it cannot be done now. */
  readonly refused?: string | undefined;
  readonly icon?: LucideIcon | undefined;
}

export interface Found {
  readonly group: string;
  readonly entries: readonly Entry[];
  /** How many more there are. */
  readonly more: number;
}

/** How well an entry fits, 0 the best; undefined where it does not. */
function rank({ label, hint = '', words = [] }: Entry, query: string): number | undefined {
  const name = label.toLowerCase();
  if (name === query) return 0;
  if (name.startsWith(query)) return 1;
  const parts = name.split(/[^\p{L}\p{N}]+/u);
  if (parts.some((part) => part.startsWith(query))) return 2;
  if (name.includes(query)) return 3;
  const others = [hint, ...words].map((word) => word.toLowerCase());
  if (others.some((word) => word.startsWith(query))) return 4;
  const all = [name, ...others].join(' ');
  if (query.split(' ').every((part) => all.includes(part))) return 5;
  return isOfBeginnings(query.replaceAll(' ', ''), parts) ? 6 : undefined;
}

/** Whether it is made of beginnings of the words, in their order, as `dbm` of `db-main`. */
function isOfBeginnings(query: string, words: readonly string[]): boolean {
  if (query === '') return true;
  return words.some((word, at) => {
    for (let length = 1; length <= query.length && word.startsWith(query.slice(0, length)); length++)
      if (isOfBeginnings(query.slice(length), words.slice(at + 1))) return true;
    return false;
  });
}

/**
 * What fits, in its groups: the group with the best first, else in the order in which they come; in a group the best first.
 *
 * @param each at most so many of a group
 */
export function find(entries: readonly Entry[], query: string, each: number): Found[] {
  const asked = query.trim().toLowerCase().replace(/\s+/g, ' ');
  const fitting = entries.flatMap((entry) => {
    const place = asked === '' ? 0 : rank(entry, asked);
    return place === undefined ? [] : [{ entry, place }];
  });
  return [...Map.groupBy(fitting, ({ entry }) => entry.group)]
    .map(([group, found]) => ({ group, found: found.toSorted((one, other) => one.place - other.place) }))
    .toSorted((one, other) => (one.found[0]?.place ?? 0) - (other.found[0]?.place ?? 0))
    .map(({ group, found }) => ({
      group,
      entries: found.slice(0, each).map(({ entry }) => entry),
      more: Math.max(0, found.length - each),
    }));
}
