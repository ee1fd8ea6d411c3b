import { join } from 'node:path';
import { type Guarded, outsideTransactions, type Watchers } from '../engines/outside-transactions.ts';
import type { Across } from './account-locks.ts';
import type { BackupSettings } from './backup-settings.ts';
import type { BackupStore } from './backup-store.ts';
import { FileBackupStore } from './file-backup-store.ts';
import { ResticBackupStore } from './restic-backup-store.ts';
import { ResticBucket } from './restic-bucket.ts';
import { ResticDirectory } from './restic-place.ts';

/**
 * The store that the configuration names.
 *
 * @param keyFor a key of 32 bytes for each purpose, always the same
 * @param across locks over all nodes; left out where one process serves alone
 */
export function openBackupStore(
  settings: BackupSettings,
  keyFor: (purpose: string) => Buffer,
  watchers: Watchers,
  across?: Across,
): Guarded<BackupStore> {
  return outsideTransactions<BackupStore>(storeOf(settings, keyFor, across), watchers, 'backupStore');
}

/** Each kind below a name of its own: whoever changes from one to the other finds what was there when they change back. */
function storeOf(
  { store, directory, cacheDirectory, bucket }: BackupSettings,
  keyFor: (purpose: string) => Buffer,
  across: Across | undefined,
): BackupStore {
  if (store === 'files') return new FileBackupStore(join(directory, 'files'), keyFor);
  const place =
    bucket === undefined ? new ResticDirectory(join(directory, 'restic')) : new ResticBucket(bucket, cacheDirectory);
  return new ResticBackupStore(place, keyFor, across);
}
