import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Lists of files that belong together, written from the folders in which they are: whoever adds one enters it nowhere. Imports nothing
 * of ours, which might not run before they are written.
 */
const root = join(import.meta.dirname, '..');
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('node_modules'))
    .sort();

/** By the file's path or, of those that are all named alike, by its folder's: `vm-actions.ts` is `vmActions`. */
const nameOf = (words: string) => words.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

export const indexes: Record<string, () => string> = {
  'contract/declarations.ts': () => {
    const declares = /^ +method: '[A-Z]+',$/m;
    const files = filesIn('contract').filter((file) =>
      declares.test(readFileSync(join(root, 'contract', file), 'utf8')),
    );
    const name = (file: string) => nameOf(file.replace('.ts', ''));
    return written(
      'the files of contract/ that declare operations',
      files.map((file) => line(`* as ${name(file)}`, `./${file}`)),
      `export const declarations = [${files.map(name).join()}];`,
    );
  },
  'server/resources/all-routes.ts': () => {
    const files = filesIn('server/resources').filter((file) => /^[^/]+\/routes\.ts$/.test(file));
    const name = (file: string) => nameOf(file.replace('/routes.ts', ''));
    return written(
      'the routes.ts of each resource',
      files.map((file) => line(`* as ${name(file)}`, `./${file}`)),
      `export const allRoutes = [${files.map(name).join()}].flatMap((routes) => Object.values(routes).flat());`,
    );
  },
  'server/resources/all-workflows.ts': () => {
    const files = filesIn('server/resources').filter((file) => /^[^/]+\/[^/]+-workflows\.ts$/.test(file));
    const name = (file: string) => nameOf(file.replace(/^.*\/|\.ts$/g, ''));
    return written(
      'the workflows of each resource, in a file such as vms/vm-workflows.ts',
      [
        line('type { AccountWorkflows }', '../operations/workflow.ts'),
        ...files.map((file) => line(`{ ${name(file)} }`, `./${file}`)),
      ],
      `export const allWorkflows: AccountWorkflows = { ${files.map((file) => `...${name(file)}`).join()} };`,
    );
  },
  'server/database/all-migrations.ts': () => {
    const names = filesIn('server/database/migrations').map((file) => file.replace('.ts', ''));
    return written(
      'the files of migrations/',
      [line('type { Migration }', 'kysely/migration')],
      `/** All migrations by name; a name, once released, is never changed or reused. */
       export const allMigrations: Record<string, () => Promise<Migration>> = {
         ${names.map((name) => `'${name}': () => import('./migrations/${name}.ts'),`).join('\n')}
       };`,
    );
  },
};

const line = (what: string, file: string) => [`import ${what}`, `'${file}';`].join(' from ');

function written(from: string, imports: readonly string[], rest: string): string {
  const head = `// Written by \`npm run derive\` from ${from}; not edited by hand.`;
  return formatted([head, ...imports, '', rest, ''].join('\n'));
}

/** As `npm run format` would leave it. */
export function formatted(text: string): string {
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const { stdout, stderr, status } = spawnSync(biome, ['check', '--write', '--stdin-file-path', 'derived.ts'], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
