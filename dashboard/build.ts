import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = import.meta.dirname;
const dist = join(folder, 'dist');
const stamp = join(dist, '.built-from');

/** Builds the dashboard where its sources are not those it was built from; the answer is whether there was anything to do. */
export async function buildDashboard(): Promise<boolean> {
  const sources = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return false;
  const { build } = await import('vite');
  rmSync(stamp, { force: true });
  await build({ configFile: join(folder, 'vite.config.ts') });
  for (const file of filesIn(dist)) compress(file);
  writeFileSync(stamp, sources);
  return true;
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
  const root = join(folder, '..');
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
