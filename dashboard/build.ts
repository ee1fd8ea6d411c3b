import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { fileGroupsOf } from './file-groups.ts';

const folder = import.meta.dirname;
const root = join(folder, '..');
const dist = join(folder, 'dist');
const configFile = join(folder, 'vite.config.ts');
const stamp = '.built-from';

/** Builds the dashboard where its sources are not those it was built from; the answer is whether there was anything to do. */
export async function buildDashboard(): Promise<boolean> {
  const sources = fingerprint();
  if (isBuiltFrom(sources)) return false;
  const { build } = await import('vite');
  // Somebody else may be about it as well, or serve what is there: it is put in its place when it is whole.
  const made = mkdtempSync(join(root, 'node_modules/.dashboard-'));
  try {
    const alone = await build({ configFile, build: { write: false, minify: false } });
    if (Array.isArray(alone) || !('output' in alone)) throw new Error('the dashboard was not built once');
    const groups = fileGroupsOf(alone);
    await build({ configFile, build: { outDir: made, rolldownOptions: { output: { codeSplitting: { groups } } } } });
    for (const file of filesIn(made)) compress(file);
    writeFileSync(join(made, stamp), sources);
    chmodSync(made, 0o755);
    if (isBuiltFrom(sources)) return false;
    replace(made, sources);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return true;
}

function replace(made: string, sources: string): void {
  const before = mkdtempSync(join(root, 'node_modules/.dashboard-'));
  try {
    if (existsSync(dist)) renameSync(dist, join(before, 'dist'));
    renameSync(made, dist);
  } catch (error) {
    // Somebody else was as far at this moment.
    if (!isBuiltFrom(sources)) throw error;
  } finally {
    rmSync(before, { recursive: true });
  }
}

function isBuiltFrom(sources: string): boolean {
  const file = join(dist, stamp);
  return existsSync(file) && readFileSync(file, 'utf8') === sources;
}

/** Text is compressed once, here, and not at each request. */
function compress(file: string): void {
  if (!/\.(js|css|html|svg)$/.test(file)) return;
  const content = readFileSync(file);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  writeFileSync(`${file}.br`, brotliCompressSync(content, quality));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}

function fingerprint(): string {
  const hash = createHash('sha256');
  const files = globSync('{dashboard,client,contract}/**/*.{ts,tsx,css,html,svg,json}', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.test.ts'],
  }).sort();
  for (const file of [...files, 'package-lock.json'])
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((name) => statSync(name).isFile());
}

if (process.argv[1] === import.meta.filename) await buildDashboard();
