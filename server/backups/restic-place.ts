import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupStoreAway, BackupStoreFull } from './backup-store.ts';

/** Where the repositories of accounts are. */
export interface ResticPlace {
  /** For people; nothing secret. */
  readonly about: string;
  /** As restic names it. */
  repositoryOf(accountId: string): string;
  /** What restic needs to get there: options, and variables of its environment. */
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Whether an account has a repository. @throws BackupStoreAway */
  has(accountId: string): Promise<boolean>;
  /** Puts a key beside those of a repository. @throws BackupStoreAway */
  addKey(accountId: string, name: string, content: Buffer): Promise<void>;
  /** @throws EngineError where it cannot be used */
  check(): Promise<void>;
}

/** A directory of this host, or one that is mounted here. */
export class ResticDirectory implements ResticPlace {
  readonly about: string;
  /** What a cache would hold is as near. */
  readonly options = ['--no-cache'];
  readonly environment = {};
  readonly #directory: string;
  #probes = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.about = directory;
  }

  repositoryOf(accountId: string): string {
    return join(this.#directory, accountId);
  }

  async has(accountId: string): Promise<boolean> {
    try {
      await access(join(this.repositoryOf(accountId), 'config'));
      return true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw new BackupStoreAway({ cause });
    }
  }

  async addKey(accountId: string, name: string, content: Buffer): Promise<void> {
    const path = join(this.repositoryOf(accountId), 'keys', name);
    try {
      // Half a key would be in the way of all that look for theirs.
      const file = await open(`${path}.partial`, 'w', 0o400);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.partial`, path);
    } catch (cause) {
      throw new BackupStoreAway({ cause });
    }
  }

  async check(): Promise<void> {
    const probe = join(this.#directory, `.writable-${process.pid}-${++this.#probes}`);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      const file = await open(probe, 'wx', 0o600);
      try {
        // A full disk still takes names.
        await file.writeFile(Buffer.alloc(65_536, 1));
      } finally {
        await file.close();
      }
    } catch (cause) {
      const isFull = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
      throw isFull ? new BackupStoreFull({ cause }) : new BackupStoreAway({ cause });
    } finally {
      await rm(probe, { force: true }).catch(() => {});
    }
  }
}
