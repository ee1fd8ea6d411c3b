import type { System } from '../../parts/systems.ts';

export const mostAtOnce = 20;
export const longestName = 64;

/** So many names: the number at the end counts up, as wide as it is; without one, `-01` and on. */
export function namesFrom(name: string, count: number): string[] {
  if (count === 1) return [name];
  const [, base = name, first = '01'] = /^(.+?)-(\d{1,6})$/.exec(name) ?? [];
  return Array.from(
    { length: count },
    (_, index) => `${base}-${String(Number(first) + index).padStart(first.length, '0')}`,
  );
}

/**
 * A name by system and size, such as `ubuntu-2cpu-4gb-01`; the first number from which on none of so many is taken.
 *
 * @param taken names of VMs that there are
 */
export function suggestedName(
  system: Pick<System, 'name'> | undefined,
  plan: { readonly vcpu: number; readonly memory_gib: number } | undefined,
  taken: ReadonlySet<string> = new Set(),
  count = 1,
): string {
  const word = (system?.name ?? 'vm')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  const base = `${word === '' ? 'vm' : word}-${plan?.vcpu ?? 1}cpu-${plan?.memory_gib ?? 1}gb`;
  const at = (number: number) => `${base}-${String(number).padStart(2, '0')}`;
  let first = 1;
  for (let number = 1; number < first + count; number++) if (taken.has(at(number))) first = number + 1;
  return at(first);
}

/** What several names have in common at their beginning, to find them by; undefined where that is too little. */
export function commonStart(names: readonly string[]): string | undefined {
  const [first = ''] = names;
  let length = first.length;
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--;
  const start = first.slice(0, length).replace(/\d+$/, '');
  return start.length >= 3 ? start : undefined;
}

/** `web-04`, `web-04 and web-05`, `web-04 to web-09` */
export function inWords(names: readonly string[]): string {
  if (names.length <= 2) return names.join(' and ');
  return `${names[0]} to ${names.at(-1)}`;
}

/** All by name, as a sentence has them: `a, b and c` */
export function listed(names: readonly string[]): string {
  return names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
