import type { Readable } from 'node:stream';
import { EngineError, PassingFault } from '../engines/engine.ts';

/** Which backup it is: whose, of which machine, in which row of backups. All four are UUIDs. */
export interface BackupPoint {
  readonly id: string;
  readonly accountId: string;
  readonly machineId: string;
  readonly series: string;
}

/** How much was written, in bytes. */
export interface Written {
  /** The whole of what was read. */
  readonly size: number;
  /** By how much the store grew: what it had already, of other backups or of an earlier attempt, takes no room again. */
  readonly added: number;
}

/**
 * Where the disks of machines are kept apart from their hosts: encrypted, each account's under a key of its own, and verified when they
 * are read. Unknown errors are passing faults, as they are an engine's; a store that is away or full says so in one.
 */
export interface BackupStore {
  /**
   * Reads a disk to its end and keeps it, in the place of what has the same id. When it fails, nothing of it is kept; where the disk's
   * stream ends with an error, with that.
   *
   * @throws NothingToKeep
   */
  write(point: BackupPoint, disk: Readable): Promise<Written>;
  /**
   * What was kept, bit for bit: the stream ends with BackupDamaged where it is not what was written, and not before its last byte was
   * compared. Whoever stops reading destroys it.
   *
   * @throws BackupGone
   */
  read(point: BackupPoint): Promise<Readable>;
  /** None of these is there any more. */
  delete(points: readonly BackupPoint[]): Promise<void>;
  /** Those of an account that are kept in whole. */
  list(accountId: string): Promise<BackupPoint[]>;
  /**
   * Gives back the room of what was deleted of an account's, and of what writers left that were killed; may take minutes.
   *
   * @param writing those of some backups, by their ids, that somebody is writing, perhaps on another node
   */
  tidy(accountId: string, writing: (ids: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void>;
  /**
   * Whether it works.
   *
   * @returns what it is, for people
   * @throws EngineError with a sentence where something is amiss
   */
  check(): Promise<string>;
}

/** A backup has to be there, and is not. */
export class BackupGone extends EngineError {
  constructor() {
    super('The backup is gone from where it was kept; delete it');
    this.name = 'BackupGone';
  }
}

/** What was to be kept has no bytes: no disk is like that. */
export class NothingToKeep extends EngineError {
  constructor() {
    super('The host gave out a disk without anything on it');
    this.name = 'NothingToKeep';
  }
}

/** What was kept is not what was written. */
export class BackupDamaged extends EngineError {
  constructor(options?: ErrorOptions) {
    super('The backup is damaged where it is kept; take another one', options);
    this.name = 'BackupDamaged';
  }
}

/** The store cannot be used now. */
export class BackupStoreAway extends PassingFault {
  constructor(options?: ErrorOptions) {
    super('The place where backups are kept cannot be reached', options);
    this.name = 'BackupStoreAway';
  }
}

/** The store has no room. */
export class BackupStoreFull extends PassingFault {
  constructor(options?: ErrorOptions) {
    super('The place where backups are kept has no room left', options);
    this.name = 'BackupStoreFull';
  }
}
