import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts';
import { guardFolder, removeFolder } from './guard.ts';

/**
 * A PostgreSQL of its own for one run of the tests: not synced to disk, gone afterwards, also where the run is killed.
 *
 * @param isKilled whether it is killed itself: then it keeps what it has said that it keeps
 */
export async function startTestCluster({ isKilled = false } = {}): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-test-'));
  guardFolder(folder);
  chmodSync(folder, 0o755);
  const cluster = await startEmbeddedPostgres({
    dataDirectory: join(folder, 'data'),
    sync: false,
    settings: {
      max_connections: '300',
      shared_buffers: '128MB',
      ...(isKilled ? { synchronous_commit: 'on' } : {}),
    },
  });
  return {
    url: cluster.url,
    stop: async () => {
      await cluster.stop();
      removeFolder(folder);
    },
  };
}
