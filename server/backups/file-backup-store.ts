import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { EngineError } from '../engines/engine.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import {
  BackupGone,
  type BackupPoint,
  type BackupStore,
  BackupStoreAway,
  BackupStoreFull,
  NothingToKeep,
  type Written,
} from './backup-store.ts';
import { seal, unseal } from './sealed-file.ts';

/** What is being written; it has its name once it is complete. */
const partial = '.partial';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** Every backup is one encrypted file, below its account, machine and series. Needs nothing but Node, and keeps what is alike as often as it comes. */
export class FileBackupStore implements BackupStore {
  readonly #directory: string;
  readonly #keyFor: (purpose: string) => Buffer;
  #serial = 0;

  /** @param keyFor a key of 32 bytes for each purpose, always the same */
  constructor(directory: string, keyFor: (purpose: string) => Buffer) {
    this.#directory = directory;
    this.#keyFor = keyFor;
  }

  async write(point: BackupPoint, disk: Readable): Promise<Written> {
    const path = this.#pathOf(point);
    const growing = `${path}.${randomUUID()}${partial}`;
    let size = 0;
    let broke: { with: unknown } | undefined;
    const counted = async function* () {
      try {
        for await (const chunk of disk) {
          size += (chunk as Buffer).length;
          yield chunk as Buffer;
        }
      } catch (error) {
        broke = { with: error };
        throw error;
      }
    };
    // An error that comes before it is read is thrown to whoever reads it.
    disk.on('error', () => {});
    try {
      await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      await this.#dropLeftovers(path);
      const file = await open(growing, 'wx', 0o600);
      try {
        for await (const bytes of seal(counted(), this.#keyOf(point), nameOf(point))) await file.appendFile(bytes);
        if (size === 0) throw new NothingToKeep();
        await file.sync();
      } finally {
        await file.close();
      }
      const { size: added } = await stat(growing);
      await rename(growing, path);
      await syncFolder(join(path, '..'));
      return { size, added };
    } catch (error) {
      disk.destroy();
      await rm(growing, { force: true }).catch(() => {});
      if (broke !== undefined) throw broke.with;
      throw error instanceof EngineError ? error : faultOf(error);
    }
  }

  async read(point: BackupPoint): Promise<Readable> {
    const file = await open(this.#pathOf(point)).catch((error) => {
      throw codeOf(error) === 'ENOENT' ? new BackupGone() : faultOf(error);
    });
    const bytes = unseal(file, this.#keyOf(point), nameOf(point));
    // Also where nobody reads a byte of it.
    return Readable.from(bytes, { objectMode: false }).once('close', () => void file.close().catch(() => {}));
  }

  async delete(points: readonly BackupPoint[]): Promise<void> {
    for (const point of points) {
      const path = this.#pathOf(point);
      await Promise.all([rm(path, { force: true }), this.#dropLeftovers(path)]).catch((error) => {
        throw faultOf(error);
      });
    }
  }

  async list(accountId: string): Promise<BackupPoint[]> {
    return (await this.#files(accountId)).flatMap((path) => {
      const [machineId = '', series = '', id = '', ...more] = path.split(sep);
      const point = { id, accountId, machineId, series };
      return more.length === 0 && Object.values(point).every(isUuid) ? [point] : [];
    });
  }

  async tidy(accountId: string, writing: (ids: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void> {
    const growing = (await this.#files(accountId)).filter((path) => path.endsWith(partial));
    if (growing.length === 0) return;
    const idOf = (path: string) => basename(path).slice(0, basename(path).indexOf('.'));
    const goOn = await writing(growing.map(idOf));
    for (const path of growing)
      if (!goOn.has(idOf(path))) await rm(join(this.#directory, accountId, path), { force: true });
  }

  async check(): Promise<string> {
    const probe = join(this.#directory, `.writable-${process.pid}-${++this.#serial}`);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await (await open(probe, 'wx', 0o600)).close();
      await rm(probe);
    } catch (error) {
      throw faultOf(error);
    }
    return `encrypted files in ${this.#directory}`;
  }

  /** Removes what was being written under a name: whoever writes or deletes it now is the only one who may. */
  async #dropLeftovers(path: string): Promise<void> {
    const folder = join(path, '..');
    const names = await readdir(folder).catch((error) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    for (const name of names) {
      const whole = join(folder, name);
      if (whole.startsWith(`${path}.`) && whole.endsWith(partial)) await rm(whole, { force: true });
    }
  }

  async #files(accountId: string): Promise<string[]> {
    const folder = join(this.#directory, checked(accountId));
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw faultOf(error);
    });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
  }

  #pathOf(point: BackupPoint): string {
    return join(this.#directory, nameOf(point));
  }

  #keyOf({ accountId }: BackupPoint): Buffer {
    return this.#keyFor(`backup files of ${accountId}`);
  }
}

/** What it is called, which no other is. */
function nameOf({ accountId, machineId, series, id }: BackupPoint): string {
  return [accountId, machineId, series, id].map(checked).join('/');
}

/** Nothing that leads elsewhere becomes a part of a path. */
function checked(id: string): string {
  if (!isUuid(id)) throw new Error(`not a UUID: ${id}`);
  return id;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

function faultOf(cause: unknown): Error {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause) ?? '')
    ? new BackupStoreFull({ cause })
    : new BackupStoreAway({ cause });
}
