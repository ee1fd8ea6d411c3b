import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isUuid } from '../foundation/canonical-form.ts';
import { AccountLocks, type Across } from './account-locks.ts';
import {
  BackupDamaged,
  BackupGone,
  type BackupPoint,
  type BackupStore,
  BackupStoreAway,
  NothingToKeep,
  type Written,
} from './backup-store.ts';
import { asStoreFault, Restic, ResticFailure } from './restic.ts';
import type { ResticPlace } from './restic-place.ts';

/** What restic calls a snapshot. */
interface Snapshot {
  readonly id: string;
  readonly time: string;
  readonly hostname: string;
  readonly tags?: readonly string[];
}

/** What was kept, as its mark says. */
interface Kept {
  readonly point: BackupPoint;
  readonly mark: string;
  /** The snapshot that has the disk. */
  readonly disk: string;
  readonly sha256: string;
  readonly size: number;
}

const diskFile = 'disk';
const kept = 'kept';

/**
 * Backups in repositories of restic, one for each account with a password of its own: what is alike within an account is kept once. A disk
 * is a snapshot of one file; it counts from when a second, tiny one marks it as complete, with its digest: a restic whose server was killed
 * takes the end of its input for the end of the disk.
 */
export class ResticBackupStore implements BackupStore {
  readonly #place: ResticPlace;
  readonly #restic: Restic;
  /** Who deletes is alone. */
  readonly #locks: AccountLocks;
  /** Who writes is alone among those who write: a restic that reads the lock of another as it goes waits for minutes for what is gone. */
  readonly #writers: AccountLocks;
  #version: Promise<string> | undefined;

  /**
   * @param keyFor a key of 32 bytes for each purpose, always the same
   * @param across left out where one process serves alone
   */
  constructor(place: ResticPlace, keyFor: (purpose: string) => Buffer, across?: Across) {
    this.#locks = new AccountLocks(across);
    this.#writers = new AccountLocks(across && ((account, isShared) => across(`writing ${account}`, isShared)));
    this.#place = place;
    this.#restic = new Restic(place, (accountId) => keyFor(`backup repository of ${accountId}`).toString('hex'));
  }

  async write(point: BackupPoint, disk: Readable): Promise<Written> {
    disk.on('error', () => {});
    try {
      for (const id of Object.values(point)) checked(id);
      await this.#establish(point.accountId);
      return await this.#writers.alone(point.accountId, () =>
        this.#locks.shared(point.accountId, () => this.#write(point, disk)),
      );
    } catch (error) {
      disk.destroy();
      // For whoever tries again.
      if (error instanceof ResticFailure && error.isLocked) await this.#restic.unlock(point.accountId).catch(() => {});
      throw asStoreFault(error);
    }
  }

  /** Until the stream is closed everything else may go on but what deletes. */
  async read(point: BackupPoint): Promise<Readable> {
    const leave = await this.#locks.share(checked(point.accountId));
    try {
      const found = (await this.#kept(point.accountId)).find(({ point: one }) => isSame(one, point));
      if (found === undefined) throw new BackupGone();
      return Readable.from(this.#contents(found), { objectMode: false }).once('close', leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async delete(points: readonly BackupPoint[]): Promise<void> {
    for (const [accountId, ofAccount] of Map.groupBy(points, (point) => checked(point.accountId))) {
      await this.#locks.alone(accountId, async () => {
        const all = await this.#snapshots(accountId);
        const isGone = ({ point }: Kept) => ofAccount.some((one) => isSame(point, one));
        // The disks of marks that are gone go when it is tidied.
        await this.#forget(
          accountId,
          marksOf(accountId, all)
            .filter(isGone)
            .map(({ mark }) => mark),
        );
      });
    }
  }

  async list(accountId: string): Promise<BackupPoint[]> {
    return this.#locks.shared(checked(accountId), async () => (await this.#kept(accountId)).map(({ point }) => point));
  }

  async tidy(accountId: string): Promise<void> {
    await this.#locks.alone(checked(accountId), async () => {
      const all = await this.#snapshots(accountId);
      const needed = new Set(newest(accountId, all).flatMap(({ mark, disk }) => [mark, disk]));
      const ids = all.map(({ id }) => id);
      await this.#forget(
        accountId,
        ids.filter((id) => !needed.has(id)),
      );
      if (all.length > 0) await this.#ask(accountId, ['prune', '--quiet']);
    });
  }

  async check(): Promise<string> {
    this.#version ??= this.#restic.version().catch((error) => {
      this.#version = undefined;
      throw error;
    });
    const version = await this.#version;
    await this.#place.check();
    return `${version} in ${this.#place.about}`;
  }

  async #establish(accountId: string): Promise<void> {
    if (await this.#place.has(accountId)) return;
    await this.#locks.alone(accountId, async () => {
      if (!(await this.#place.has(accountId))) await this.#restic.init(accountId);
    });
  }

  async #write(point: BackupPoint, disk: Readable): Promise<Written> {
    const { accountId, machineId, series, id } = point;
    const digest = createHash('sha256');
    let size = 0;
    const backup = (file: string, tags: readonly string[]) => [
      ...['backup', '--stdin', '--stdin-filename', file, '--json', '--quiet'],
      ...['--host', machineId, '--tag', tags.join(',')],
    ];
    const one = `disk:${randomUUID()}`;
    const { input, output, ended, stop } = this.#restic.begin(accountId, backup(diskFile, [one]));
    ended.catch(() => {});
    const summary = lastLine(output);
    let broke: { with: unknown } | undefined;
    const counted = async function* () {
      try {
        for await (const chunk of disk) {
          digest.update(chunk as Buffer);
          size += (chunk as Buffer).length;
          yield chunk as Buffer;
        }
      } catch (error) {
        broke = { with: error };
        throw error;
      }
    };
    const isRead = await pipeline(counted, input).then(
      () => true,
      () => false,
    );
    // It would take the end of what it was given for the end of the disk.
    if (!isRead) stop();
    await ended.catch((error) => {
      // It makes nothing of nothing.
      if (isRead && size === 0) throw new NothingToKeep();
      throw broke === undefined ? error : broke.with;
    });
    if (broke !== undefined) throw broke.with;
    if (!isRead) throw new ResticFailure('it ended before the disk did');
    const { total_bytes_processed, data_added, data_added_packed } = JSON.parse(await summary);
    if (total_bytes_processed !== size) throw new ResticFailure(`it took ${total_bytes_processed} of ${size} bytes`);
    const mark = [kept, `id:${id}`, `series:${series}`, one, `size:${size}`];
    await this.#ask(accountId, backup('mark', [...mark, `sha256:${digest.digest('hex')}`]), id);
    return { size, added: data_added_packed ?? data_added };
  }

  async *#contents({ point: { accountId }, disk, sha256, size }: Kept): AsyncGenerator<Buffer> {
    const { input, output, ended, stop } = this.#restic.begin(accountId, ['dump', '--no-lock', disk, `/${diskFile}`]);
    input.end();
    const over = ended.then(
      () => undefined,
      (error) => ({ with: error }),
    );
    try {
      const digest = createHash('sha256');
      let length = 0;
      for await (const chunk of output) {
        digest.update(chunk as Buffer);
        length += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
      const fault = await over;
      if (fault !== undefined)
        throw fault.with instanceof ResticFailure ? await this.#ofRead(accountId, fault.with) : fault.with;
      if (length !== size || digest.digest('hex') !== sha256) throw new BackupDamaged();
    } finally {
      stop();
      await over;
    }
  }

  /** What a restic of a server that was killed still deletes is not damaged. */
  async #ofRead(accountId: string, cause: ResticFailure): Promise<Error> {
    const isLocked = await this.#isLocked(accountId).catch(() => false);
    return isLocked ? new BackupStoreAway({ cause }) : new BackupDamaged({ cause });
  }

  async #isLocked(accountId: string): Promise<boolean> {
    const locks = () => this.#restic.ask(accountId, ['list', 'locks', '--no-lock', '--quiet']);
    if ((await locks()).trim() === '') return false;
    await this.#restic.unlock(accountId);
    return (await locks()).trim() !== '';
  }

  async #kept(accountId: string): Promise<Kept[]> {
    return newest(accountId, await this.#snapshots(accountId));
  }

  async #snapshots(accountId: string): Promise<Snapshot[]> {
    if (!(await this.#place.has(accountId))) return [];
    return JSON.parse(await this.#ask(accountId, ['snapshots', '--json', '--no-lock'])) ?? [];
  }

  async #forget(accountId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#ask(accountId, ['forget', '--quiet', ...ids]);
  }

  async #ask(accountId: string, args: readonly string[], input?: string): Promise<string> {
    return this.#restic.ask(accountId, args, input).catch((error) => {
      throw asStoreFault(error);
    });
  }
}

const saidBy = ({ tags = [] }: Snapshot, name: string) =>
  tags.find((tag) => tag.startsWith(`${name}:`))?.slice(name.length + 1) ?? '';

/** All marks whose disk is there, the oldest first. */
function marksOf(accountId: string, snapshots: readonly Snapshot[]): Kept[] {
  const isMark = ({ tags = [] }: Snapshot) => tags.includes(kept);
  const disks = new Map(snapshots.filter((one) => !isMark(one)).map((one) => [saidBy(one, 'disk'), one.id]));
  return snapshots
    .filter(isMark)
    .toSorted((one, other) => (one.time < other.time ? -1 : 1))
    .flatMap((mark) => {
      const said = (name: string) => saidBy(mark, name);
      const disk = disks.get(said('disk'));
      const point = { id: said('id'), accountId, machineId: mark.hostname, series: said('series') };
      return disk === undefined
        ? []
        : [{ point, mark: mark.id, disk, sha256: said('sha256'), size: Number(said('size')) }];
    });
}

/** Of those with the same id, the one that was written last. */
function newest(accountId: string, snapshots: readonly Snapshot[]): Kept[] {
  return [...new Map(marksOf(accountId, snapshots).map((one) => [Object.values(one.point).join(), one])).values()];
}

function isSame(one: BackupPoint, other: BackupPoint): boolean {
  return one.id === other.id && one.machineId === other.machineId && one.series === other.series;
}

function checked(id: string): string {
  if (!isUuid(id)) throw new Error(`not a UUID: ${id}`);
  return id;
}

async function lastLine(output: Readable): Promise<string> {
  let text = '';
  for await (const chunk of output) text = `${text}${chunk}`.slice(-8192);
  return text.trim().split('\n').at(-1) ?? '';
}
