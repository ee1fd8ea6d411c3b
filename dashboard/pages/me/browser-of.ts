/** What a browser calls itself, and on what it runs; the first that fits, since most also name those that they are like. */
const browsers = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['FxiOS', 'Firefox'],
  ['CriOS', 'Chrome'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const;
const systems = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['CrOS', 'ChromeOS'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

/** A browser in few words: `Firefox on Windows`. */
export function browserOf(agent: string | null | undefined): string {
  const text = agent ?? '';
  const name = browsers.find(([word]) => text.includes(`${word}/`))?.[1] ?? 'Unknown browser';
  const system = systems.find(([word]) => text.includes(word))?.[1];
  return system === undefined ? name : `${name} on ${system}`;
}
