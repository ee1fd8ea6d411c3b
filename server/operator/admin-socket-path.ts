import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const longestSocketPath = 100;

/**
 * Where the server of a data directory listens for its operator: in that directory, or, where its path is too long for a socket, in a
 * new folder that only this user can enter. Its name cannot be guessed, so nobody sits there first; the data directory tells it.
 */
export function makeAdminSocketPath(dataDirectory: string): string {
  mkdirSync(dataDirectory, { recursive: true });
  const path = join(dataDirectory, 'admin.sock');
  if (path.length <= longestSocketPath) return path;
  forgetFolder(dataDirectory);
  const folder = mkdtempSync(join(tmpdir(), 'raffia-admin-'));
  chmodSync(folder, 0o700);
  const elsewhere = join(folder, 'admin.sock');
  writeFileSync(noteOf(dataDirectory), elsewhere, { mode: 0o600 });
  return elsewhere;
}

/**
 * Where a running server of a data directory listens.
 *
 * @throws Error where the folder of its socket is somebody else's
 */
export function adminSocketPath(dataDirectory: string): string {
  const path = join(dataDirectory, 'admin.sock');
  if (path.length <= longestSocketPath) return path;
  const elsewhere = noted(dataDirectory);
  if (elsewhere === undefined) return path;
  const folder = statSync(dirname(elsewhere), { throwIfNoEntry: false });
  const owner = statSync(dataDirectory).uid;
  if (folder !== undefined && (folder.uid !== owner || (folder.mode & 0o077) !== 0)) {
    throw new Error(`${dirname(elsewhere)} is not only this server's; stop the server and start it again.`);
  }
  return elsewhere;
}

/** Removes the folder that a long path needed. */
export function forgetFolder(dataDirectory: string): void {
  const elsewhere = noted(dataDirectory);
  if (elsewhere === undefined) return;
  rmSync(dirname(elsewhere), { recursive: true, force: true });
  rmSync(noteOf(dataDirectory), { force: true });
}

function noteOf(dataDirectory: string): string {
  return join(dataDirectory, 'admin-socket');
}

function noted(dataDirectory: string): string | undefined {
  try {
    return readFileSync(noteOf(dataDirectory), 'utf8');
  } catch {
    return undefined;
  }
}
