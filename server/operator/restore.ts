import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Puts a backup into an empty data directory; the next start recovers it.
 *
 * @throws Error where something is there already
 */
export async function restore(dataDirectory: string, file: string): Promise<string> {
  if (!existsSync(file)) throw new Error(`There is no file ${file}`);
  if (existsSync(dataDirectory) && readdirSync(dataDirectory).length > 0) {
    throw new Error(
      `${dataDirectory} is not empty. Stop the server and move that folder away first; nothing was changed.`,
    );
  }
  mkdirSync(dirname(dataDirectory), { recursive: true });
  const temporary = mkdtempSync(join(dirname(dataDirectory), '.raffia-restore-'));
  try {
    await run('tar', ['-xzf', resolve(file), '-C', temporary]).catch((cause) => {
      throw new Error(`${file} is damaged, cut short, or no backup of Raffia; take another one. Nothing was changed.`, {
        cause,
      });
    });
    // The label is written last: without it a cut archive would look whole.
    const isWhole = ['PG_VERSION', 'backup_label'].every((name) => existsSync(join(temporary, 'postgres', name)));
    if (!isWhole) throw new Error(`${file} is no backup of Raffia; nothing was changed.`);
    chmodSync(join(temporary, 'postgres'), 0o700);
    chmodSync(temporary, 0o755);
    rmSync(dataDirectory, { recursive: true, force: true });
    renameSync(temporary, dataDirectory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  return `Restored into ${dataDirectory}. Start the server to bring it up.\n`;
}
