import { statfs } from 'node:fs/promises';
import { errors } from '@raffia/contract/errors.ts';
import type { Logger } from 'pino';

const lookMs = 2000;
/** A database that found its disk full is believed for so long: nobody else can look at a disk of another host. */
const rememberedMs = 15_000;
/** Warned of at so many times the reserve. */
const warnsAt = 4;

type State = 'enough' | 'low' | 'full';

/**
 * The disk of the embedded database. PostgreSQL that cannot write its log ends, and comes back no sooner than there is room: so nothing
 * is changed any more while there is still a reserve, and before that `/ready` warns.
 */
export class Storage {
  readonly #folder: string;
  readonly #reserve: number;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout | undefined;
  #free = Number.POSITIVE_INFINITY;
  #said: State = 'enough';
  #foundFullAt = Number.NEGATIVE_INFINITY;

  /**
   * @param folder on the disk that is looked at; undefined where the database is not ours
   * @param reserve in bytes, below which nothing is changed; 0 does not look
   */
  constructor(folder: string | undefined, reserve: number, log: Logger) {
    this.#folder = folder ?? '';
    this.#reserve = folder === undefined ? 0 : reserve;
    this.#log = log;
    if (this.#reserve > 0) this.#timer = setInterval(() => void this.look(), lookMs).unref();
  }

  /** Finds out how much is free. */
  async look(): Promise<void> {
    if (this.#reserve === 0) return;
    const found = await statfs(this.#folder).catch(() => undefined);
    if (found !== undefined) this.#free = found.bavail * found.bsize;
    const state = this.#state();
    if (state === this.#said) return;
    this.#said = state;
    const about = { free: this.#free, reserve: this.#reserve };
    if (state === 'enough') this.#log.info(about, "the database's disk has room again");
    else if (state === 'low') this.#log.warn(about, "the database's disk is nearly full");
    else this.#log.error(about, "the database's disk is full: nothing is changed until it has room");
  }

  /** What was free at the last look; undefined where nobody looks. */
  get freeBytes(): number | undefined {
    return Number.isFinite(this.#free) ? this.#free : undefined;
  }

  /** Whether nothing may be changed for want of room. */
  get isFull(): boolean {
    return this.#state() === 'full';
  }

  /** The database refused something because its disk is full. */
  foundFull(): void {
    this.#foundFullAt = performance.now();
  }

  /** What is wrong, in a sentence for the operator; undefined where nothing is. */
  get problem(): string | undefined {
    const megabytes = Math.floor(this.#free / 1_000_000);
    const where = `${megabytes} MB are free on the disk of ${this.#folder}`;
    switch (this.#state()) {
      case 'full':
        return `${where}, so nothing can be changed. Make room: it goes on by itself`;
      case 'low':
        return `Only ${where}. Make room before it is full`;
      default:
        return performance.now() - this.#foundFullAt < rememberedMs ? errors.storageFull.message : undefined;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #state(): State {
    if (this.#reserve === 0) return 'enough';
    return this.#free < this.#reserve ? 'full' : this.#free < this.#reserve * warnsAt ? 'low' : 'enough';
  }
}
