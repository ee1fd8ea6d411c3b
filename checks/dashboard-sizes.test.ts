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

/** The scripts of entries and of all that they import: how many, and their kB with brotli. */
function loadOf(entries: readonly string[], chunks: Readonly<Record<string, Chunk>>): { files: number; size: number } {
  const all = new Set<string>();
  const add = (name: string) => {
    if (all.has(name)) return;
    all.add(name);
    for (const next of chunks[name]?.imports ?? []) add(next);
  };
  for (const entry of entries) add(entry);
  const files = [...all].map((name) => chunks[name]?.file ?? '').filter((file) => file.endsWith('.js'));
  return {
    files: files.length,
    size: files.reduce((sum, file) => sum + statSync(join(dist, `${file}.br`)).size, 0) / 1000,
  };
}

test('to sign in less than 200 kB of scripts are loaded in 8 files, and less than 450 kB in 30 for any page', () => {
  buildPages();
  const chunks = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
  const names = Object.keys(chunks).filter((name) => /^pages\/[\w-]+\.tsx$/.test(name));
  assert.ok(names.length >= 18, `${names}`);
  const pages = names.map((page) => ({ page, ...loadOf(['index.html', 'shell/shell.tsx', page], chunks) }));
  const signIn = loadOf(['index.html', 'pages/sign-in.tsx'], chunks);
  const most = (by: 'files' | 'size') => {
    const { page, files, size } = pages.reduce((a, b) => (b[by] > a[by] ? b : a));
    return `${page} ${files} files, ${size.toFixed(0)} kB`;
  };
  console.log(`sign-in ${signIn.files} files, ${signIn.size.toFixed(0)} kB; at most ${most('size')}; ${most('files')}`);
  assert.ok(signIn.size > 50 && signIn.size < 200 && signIn.files <= 8, JSON.stringify(signIn));
  assert.deepEqual(
    pages.filter(({ size, files }) => size < signIn.size / 2 || size >= 450 || files < signIn.files || files > 30),
    [],
  );
});
