import type { Readable } from 'node:stream';
import { type Backups, EngineError, type Progress } from '../engine.ts';

const notYet = 'This host gives out no disks to be kept elsewhere';

/** Refuses: nothing of these hosts is kept elsewhere yet. */
export class IncusBackups implements Backups {
  async export(): Promise<Readable> {
    throw new EngineError(notYet);
  }

  async restore(): Promise<Progress> {
    throw new EngineError(notYet);
  }
}
