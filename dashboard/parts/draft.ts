/** What a create page holds, as it is kept: everything but secrets. */
export interface DraftKind<Values> {
  /** Where it is kept: one word, a page's own. */
  readonly name: string;
  /** Nothing of it is secret. */
  readonly write: (values: Values) => string;
  /** Undefined where nothing was kept that this page could hold. */
  readonly read: (text: string | null, initial: Values) => Values | undefined;
  /** Whether something was entered. */
  readonly differs: (values: Values, from: Values) => boolean;
}

export type Check = (value: unknown) => boolean;

export const oneOf =
  (words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);
export const isText: Check = (value) => typeof value === 'string';
export const isFlag: Check = (value) => typeof value === 'boolean';
export const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);
export const noneOr =
  (isKind: Check): Check =>
  (value) =>
    value === null || isKind(value);

/** The fields that were kept; undefined where nothing was, or one is not what the page keeps. */
export function readFields<Fields extends object>(
  text: string | null,
  kinds: Readonly<Record<keyof Fields, Check>>,
): Fields | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const fields: [string, unknown][] = [];
  for (const [name, isKind] of Object.entries<Check>(kinds)) {
    const value = (read as Record<string, unknown>)[name];
    if (!isKind(value)) return undefined;
    fields.push([name, value]);
  }
  return Object.fromEntries(fields) as Fields;
}
