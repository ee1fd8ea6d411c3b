import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Kysely is 257 files, two fifths of all that a start loads: 0.15 s of it, and memory that is never given back. Packed into a few, a
 * start reads it in a tenth of that. `raffia.mjs` has it packed before the first start, and a package brings it along; where it is not,
 * it is loaded as npm installed it.
 */
const entries = { kysely: 'dist/index.js', 'kysely/migration': 'dist/migration/index.js' };
const installed = join(import.meta.dirname, '../../node_modules');

/** By its version: another one is packed anew. */
function packedIn(modules: string): string {
  const { version } = JSON.parse(readFileSync(join(modules, 'kysely/package.json'), 'utf8')) as { version: string };
  return join(modules, `.cache/kysely-${version}`);
}

const fileOf = (entry: string) => `${entry.replace('/', '-')}.js`;

/** Whoever imports Kysely from now on gets the packed one, where it is. */
export function usePackedKysely(): void {
  const folder = packedIn(installed);
  if (!existsSync(folder)) return;
  const urls = new Map(
    Object.keys(entries).map((entry) => [entry, pathToFileURL(join(folder, fileOf(entry))).href] as const),
  );
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = urls.get(specifier);
      return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true };
    },
  });
}

/** Packs it, unless that was done. Needs what builds the dashboard. */
export async function packKysely(modules = installed): Promise<void> {
  const folder = packedIn(modules);
  if (existsSync(folder)) return;
  const { rolldown } = await import('rolldown');
  const input = Object.entries(entries).map(([entry, file]) => [fileOf(entry).replace(/\.js$/, ''), `./${file}`]);
  // What is packed names its files from there: it is the same wherever it is made.
  const cwd = join(modules, 'kysely');
  const bundle = await rolldown({ cwd, input: Object.fromEntries(input), platform: 'node', logLevel: 'warn' });
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  try {
    await bundle.write({ dir: made, format: 'esm' });
    chmodSync(made, 0o755);
    // Somebody else may have been as far.
    if (!existsSync(folder)) renameSync(made, folder);
  } finally {
    await bundle.close();
    rmSync(made, { recursive: true, force: true });
  }
}
