import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatted } from './indexes.ts';

/**
 * Writes down which version is released, in server/database/released.ts: `node raffia.mjs release [COMMIT]`, of the commit at hand where
 * none is named.
 */
const root = join(import.meta.dirname, '..');
const folder = 'server/database/migrations';

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 100_000_000 });
}

function migrationsOf(commit: string): [name: string, digest: string][] {
  const files = git('ls-tree', '--name-only', commit, `${folder}/`).trim().split('\n').sort();
  return files.map((file) => [basename(file, '.ts'), hash('sha256', git('show', `${commit}:${file}`))]);
}

const commit = git('rev-parse', '--verify', `${process.argv[2] ?? 'HEAD'}^{commit}`).trim();
const lines = migrationsOf(commit).map(([name, digest]) => `'${name}': '${digest}',`);
const text = formatted(`// Written by \`node raffia.mjs release\`; not edited by hand.

/**
 * The last release: its commit, and the SHA-256 of each migration that it has. Databases are as these made them, and nodes of it serve
 * beside those of this version while a cloud is upgraded.
 */
export const released: { readonly commit: string; readonly migrations: Readonly<Record<string, string>> } = {
  commit: '${commit}',
  migrations: {
    ${lines.join('\n')}
  },
};
`);
writeFileSync(join(root, 'server/database/released.ts'), text);
process.stdout.write(`${commit} is the last release, with ${lines.length} migrations\n`);
