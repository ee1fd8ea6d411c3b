import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { isAlive } from '../foundation/is-alive.ts';
import { noteBackup } from '../foundation/last-backup.ts';

const run = promisify(execFile);

/** The small files beside the cluster without which it cannot be opened. */
const companions = ['postgres.password', 'secret.key'];
const prefix = '.raffia-backup-';

/**
 * Backs up the embedded database while it runs, together with its password and the server's secret: one file, mode 0600. It holds
 * everything; keep it where you would keep a password. Until it is whole, all of it lies in a folder beside it that nobody else can
 * enter; what a killed backup left there is removed by the next one.
 *
 * @returns the sentence to print
 * @throws Error whose message says what to do
 */
export async function backup(
  dataDirectory: string,
  cluster: string,
  databaseUrl: string,
  file: string,
): Promise<string> {
  const target = resolve(file);
  const folder = dirname(target);
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}; make it first.`);
  if (existsSync(target) && statSync(target).isDirectory()) {
    throw new Error(`${target} is a folder; name a file in it, such as ${join(target, 'raffia.tar.gz')}`);
  }
  removeLeftovers(folder);
  // mkdtemp makes it 0700, and its name cannot be guessed.
  const work = mkdtempSync(join(folder, `${prefix}${process.pid}-`));
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    const archive = join(work, 'archive.tar');
    // The log that is written meanwhile must still be there at the end.
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [
      `raffia_backup_${process.pid}_${Date.now()}`,
    ]);
    await client.query("select pg_backup_start('raffia', fast => true)");
    const under = ['-C', dirname(cluster), `--transform=s,^${basename(cluster)},postgres,`];
    await tar(['-cf', archive, ...under, ...excluded(cluster), basename(cluster)]);
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    );
    const extra = join(work, 'extra');
    mkdirSync(join(extra, 'postgres'), { recursive: true });
    writeFileSync(join(extra, 'postgres', 'backup_label'), rows[0]?.labelfile as string);
    for (const name of companions) {
      if (existsSync(join(dataDirectory, name))) cpSync(join(dataDirectory, name), join(extra, name));
    }
    await tar(['-rf', archive, '-C', extra, ...readdirSync(extra)]);
    // The log written meanwhile makes the copy consistent, so it is taken last. Files of the database's own come and go in it.
    await tar(['-rf', archive, ...under, '--exclude=xlogtemp.*', join(basename(cluster), 'pg_wal')]);
    // The file is 0600 from its first byte on.
    await run('sh', ['-c', 'umask 077 && gzip "$1"', 'sh', archive]);
    await run('chmod', ['600', `${archive}.gz`]);
    renameSync(`${archive}.gz`, target);
    await noteBackup(dataDirectory, target);
    return `The backup is in ${target}. It holds the server's secret: keep it safe.\n`;
  } catch (error) {
    throw sentenceOf(error, folder);
  } finally {
    await client.end().catch(() => {});
    rmSync(work, { recursive: true, force: true });
  }
}

/** Folders of backups whose server is gone. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = new RegExp(`^\\${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function sentenceOf(error: unknown, folder: string): unknown {
  const { stderr = '', code } = error as { stderr?: string; code?: unknown };
  if (code === 'ENOSPC' || /No space left/.test(stderr)) {
    return new Error(`There is no room left in ${folder}; make some, or back up to another place.`, { cause: error });
  }
  return error;
}

function excluded(cluster: string): string[] {
  return ['pg_wal', 'postmaster.pid', 'postmaster.opts', 'server.log'].map(
    (name) => `--exclude=${basename(cluster)}/${name}`,
  );
}

/** GNU tar says 1 where a file changed while it was read: the database's log mends exactly that. */
async function tar(args: string[]): Promise<void> {
  try {
    await run('tar', args);
  } catch (error) {
    if ((error as { code?: number }).code !== 1) throw error;
  }
}
