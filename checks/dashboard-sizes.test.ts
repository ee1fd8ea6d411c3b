import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildPages } from './dashboard-tour.ts';

/** What a first visit loads, as the build says it: what a file needs comes with it. */
const dist = join(import.meta.dirname, '../dashboard/dist');

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly isDynamicEntry?: boolean;
}

/** The scripts of entries and of all that they import, in kB with brotli. */
function kilobytesOf(entries: readonly string[], chunks: Readonly<Record<string, Chunk>>): number {
  const all = new Set<string>();
  const add = (name: string) => {
    if (all.has(name)) return;
    all.add(name);
    for (const next of chunks[name]?.imports ?? []) add(next);
  };
  for (const entry of entries) add(entry);
  const files = [...all].map((name) => chunks[name]?.file ?? '').filter((file) => file.endsWith('.js'));
  return files.reduce((sum, file) => sum + statSync(join(dist, `${file}.br`)).size, 0) / 1000;
}

test('to sign in less than 200 kB of scripts are loaded, and less than 450 kB for any page', () => {
  buildPages();
  const chunks = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
  const pages = Object.keys(chunks).filter((name) => /^pages\/[\w-]+\.tsx$/.test(name));
  assert.ok(pages.length >= 18, `${pages}`);
  const sizes = pages.map((page) => ({ page, size: kilobytesOf(['index.html', 'shell/shell.tsx', page], chunks) }));
  const signIn = kilobytesOf(['index.html', 'pages/sign-in.tsx'], chunks);
  const largest = sizes.toSorted((a, b) => b.size - a.size)[0];
  console.log(`sign-in ${signIn.toFixed(0)} kB, the largest page ${largest?.page} ${largest?.size.toFixed(0)} kB`);
  assert.ok(signIn > 50 && signIn < 200, `sign-in ${signIn}`);
  assert.deepEqual(
    sizes.filter(({ size }) => size < signIn / 2 || size >= 450),
    [],
  );
});
