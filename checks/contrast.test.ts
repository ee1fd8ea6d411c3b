import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** The dashboard's colours can be read by people who see little contrast: WCAG 2.2, AA (1.4.3 of words, 1.4.11 of marks and controls). */
type Scheme = Readonly<Record<string, string>>;
const tokens = JSON.parse(readFileSync(join(import.meta.dirname, '../dashboard/tokens.json'), 'utf8')) as {
  light: Scheme;
  dark: Scheme;
};

/** The relative luminance of `#rrggbb`, 0 to 1, as WCAG defines it. */
function luminance(colour: string): number {
  assert.match(colour, /^#[0-9a-f]{6}$/);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** 1 to 21. */
function contrast(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

const grounds = ['canvas', 'surface', 'sunken', 'overlay', 'hover', 'overlay-hover', 'selected'];
/** What stands on what. Hints stand on no coloured ground. */
const words: Record<string, readonly string[]> = {
  text: [...grounds, 'accent-soft', 'warn-soft', 'danger-soft', 'info-soft', 'straw-soft'],
  'text-2': [...grounds, 'warn-soft', 'danger-soft', 'info-soft'],
  'text-3': ['canvas', 'surface', 'sunken', 'overlay', 'overlay-hover', 'selected'],
  'accent-text': [...grounds, 'accent-soft'],
  ok: ['canvas', 'surface', 'sunken', 'overlay', 'selected'],
  danger: [...grounds, 'danger-soft'],
  warn: [...grounds, 'warn-soft'],
  info: ['canvas', 'surface', 'sunken', 'overlay', 'info-soft'],
  straw: ['canvas', 'surface', 'overlay', 'straw-soft'],
  'on-accent': ['accent', 'accent-hover'],
  'on-danger': ['danger-mark', 'danger-hover'],
  'on-inverse': ['inverse'],
  'on-inverse-2': ['inverse'],
  'on-terminal': ['terminal'],
};
const marks: Record<string, readonly string[]> = {
  'control-line': ['canvas', 'surface', 'sunken', 'overlay'],
  accent: grounds,
  'ok-mark': ['canvas', 'surface', 'sunken', 'overlay', 'selected'],
  'info-mark': ['canvas', 'surface', 'sunken', 'overlay', 'selected'],
  'danger-mark': ['canvas', 'surface', 'sunken', 'overlay', 'selected', 'danger-soft'],
  'warn-mark': ['canvas', 'surface', 'sunken', 'overlay', 'selected', 'warn-soft'],
  'straw-mark': ['canvas', 'surface', 'overlay'],
  'plum-mark': ['surface', 'overlay'],
};

/** The pairs that have less contrast than they need, and how many there are in all. */
function tooPale(schemes: Readonly<Record<string, Scheme>>): { pale: string[]; tried: number } {
  const pale: string[] = [];
  let tried = 0;
  for (const [scheme, colours] of Object.entries(schemes)) {
    for (const [needed, pairs] of [
      [4.5, words],
      [3, marks],
    ] as const) {
      for (const [above, below] of Object.entries(pairs).flatMap(([name, on]) => on.map((ground) => [name, ground]))) {
        tried++;
        const ratio = contrast(colours[above as string] ?? '', colours[below as string] ?? '');
        if (ratio < needed) pale.push(`${scheme}: ${above} on ${below} ${ratio.toFixed(2)}, needs ${needed}`);
      }
    }
  }
  return { pale, tried };
}

test('words and marks of the dashboard have the contrast that they need, in light and in dark', () => {
  const { pale, tried } = tooPale(tokens);
  assert.deepEqual(pale, []);
  assert.ok(tried >= 150, `${tried} pairs`);
});

test('a colour that is too pale is found, and the arithmetic is that of WCAG', () => {
  assert.equal(contrast('#000000', '#ffffff').toFixed(2), '21.00');
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
  const { pale } = tooPale({ light: { ...tokens.light, 'text-3': '#8c958c' } });
  assert.ok(
    pale.some((sentence) => sentence.startsWith('light: text-3 on surface')),
    `${pale}`,
  );
});

test('both schemes have the same tokens, and each is tried or is only ground, line or soft', () => {
  const names = Object.keys(tokens.light);
  assert.deepEqual(Object.keys(tokens.dark), names);
  const isTried = new Set([...Object.entries(words), ...Object.entries(marks)].flatMap(([name, on]) => [name, ...on]));
  // Lines separate what is told apart without them.
  assert.deepEqual(
    names.filter((name) => !isTried.has(name)),
    ['line', 'line-strong'],
  );
});
