import { type Guarded, outsideTransactions } from '../engines/outside-transactions.ts';
import type { BackupSettings } from './backup-settings.ts';
import type { BackupStore } from './backup-store.ts';
import { FileBackupStore } from './file-backup-store.ts';

/**
 * The store that the configuration names.
 *
 * @param keyFor a key of 32 bytes for each purpose, always the same
 */
export function openBackupStore(settings: BackupSettings, keyFor: (purpose: string) => Buffer): Guarded<BackupStore> {
  return outsideTransactions<BackupStore>(new FileBackupStore(settings.directory, keyFor), 'backups');
}
