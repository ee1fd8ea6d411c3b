import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = import.meta.dirname;

/** Builds what is published: JavaScript and types that need nothing but themselves. The answer is the archive's path. */
export function packClient(into: string): string {
  // A folder of its own: two may build at the same time.
  const dist = mkdtempSync(join(tmpdir(), 'raffia-client-dist-'));
  try {
    return packBuilt(dist, into);
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
}

function packBuilt(dist: string, into: string): string {
  const compiler = join(folder, '..', 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', join(folder, 'tsconfig.json'), '--outDir', dist], {
    stdio: 'inherit',
  });
  const { name, version, description, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const published = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines: { node: '>=20' },
    sideEffects: false,
    exports: { '.': { types: './client.d.ts', default: './client.js' } },
  };
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  for (const [from, to] of [
    ['README.md', 'README.md'],
    ['../LICENSE', 'LICENSE'],
  ] as const) {
    if (existsSync(join(folder, from))) copyFileSync(join(folder, from), join(dist, to));
  }
  mkdirSync(into, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', into], { cwd: dist });
  const listed = JSON.parse(packed.toString());
  const [first] = Array.isArray(listed) ? listed : Object.values(listed);
  return join(into, first.filename);
}

if (process.argv[1] === import.meta.filename) process.stdout.write(`${packClient(process.argv[2] ?? folder)}\n`);
