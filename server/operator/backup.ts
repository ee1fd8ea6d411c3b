import { execFile } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** The small files beside the cluster without which it cannot be opened. */
const companions = ['postgres.password', 'secret.key'];

/**
 * Backs up the embedded database while it runs, together with its password and the server's secret: one file, mode 0600. It holds
 * everything; keep it where you would keep a password.
 *
 * @returns the sentence to print
 */
export async function backup(
  dataDirectory: string,
  cluster: string,
  databaseUrl: string,
  file: string,
): Promise<string> {
  const target = resolve(file);
  const temporary = `${target}.${process.pid}.tmp`;
  const extra = mkdtempSync(join(dirname(target), '.raffia-backup-'));
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    closeSync(openSync(temporary, 'w', 0o600));
    // The log that is written meanwhile must still be there at the end.
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [
      `raffia_backup_${process.pid}_${Date.now()}`,
    ]);
    await client.query("select pg_backup_start('raffia', fast => true)");
    const archive = temporary.replace(/\.tmp$/, '.tar');
    await tar([
      '-cf',
      archive,
      '-C',
      dirname(cluster),
      ...excluded(cluster),
      `--transform=s,^${basename(cluster)},postgres,`,
      basename(cluster),
    ]);
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    );
    mkdirSync(join(extra, 'postgres'));
    writeFileSync(join(extra, 'postgres', 'backup_label'), rows[0]?.labelfile as string);
    // The log written meanwhile makes the copy consistent, so it is taken last.
    cpSync(join(cluster, 'pg_wal'), join(extra, 'postgres', 'pg_wal'), { recursive: true });
    for (const name of companions) {
      if (existsSync(join(dataDirectory, name))) cpSync(join(dataDirectory, name), join(extra, name));
    }
    await tar(['-rf', archive, '-C', extra, ...readdirSync(extra)]);
    await run('sh', ['-c', 'umask 077 && gzip -c "$1" > "$2"', 'sh', archive, temporary]);
    rmSync(archive);
    chmodSync(temporary, 0o600);
    renameSync(temporary, target);
    return `The backup is in ${target}. It holds the server's secret: keep it safe.\n`;
  } finally {
    await client.end();
    rmSync(temporary, { force: true });
    rmSync(temporary.replace(/\.tmp$/, '.tar'), { force: true });
    rmSync(extra, { recursive: true, force: true });
  }
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
