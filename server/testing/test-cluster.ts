import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts';

/**
 * A PostgreSQL of its own for one run of the tests: not synced to disk, gone afterwards.
 *
 * @param onFolder told where it will be, before anything runs there
 */
export async function startTestCluster(
  onFolder: (folder: string) => void = () => {},
): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'raffia-test-'));
  onFolder(folder);
  chmodSync(folder, 0o755);
  const cluster = await startEmbeddedPostgres({
    dataDirectory: join(folder, 'data'),
    sync: false,
    settings: { max_connections: '300', shared_buffers: '128MB' },
  });
  return {
    url: cluster.url,
    stop: async () => {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
