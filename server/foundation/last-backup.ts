import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The time of the file is what counts; what it says is for people. */
const fileIn = (dataDirectory: string) => join(dataDirectory, 'last-backup');

/** Writes down that the server was backed up just now. */
export async function noteBackup(dataDirectory: string, file: string): Promise<void> {
  await writeFile(fileIn(dataDirectory), `${new Date().toISOString()} ${file}\n`, { mode: 0o600 });
}

/** When the server was last backed up, in milliseconds since 1970; undefined where that was never, or by other tools. */
export async function lastBackupAt(dataDirectory: string): Promise<number | undefined> {
  const found = await stat(fileIn(dataDirectory)).catch(() => undefined);
  return found?.mtimeMs;
}
