import { hash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const longestSocketPath = 100;

/** Where a running server of a data directory listens for its operator. */
export function adminSocketPath(dataDirectory: string): string {
  const path = join(dataDirectory, 'admin.sock');
  if (path.length <= longestSocketPath) return path;
  return join(tmpdir(), `raffia-${hash('sha256', dataDirectory, 'hex').slice(0, 16)}.sock`);
}
