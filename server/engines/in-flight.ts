import { inTime } from '../foundation/in-time.ts';
import { done, type Progress } from './engine.ts';

const retryInMs = 200;
/** How long the end of work counts for those who ask for it again; later, things may have changed since. */
const freshMs = 5000;

interface Work {
  readonly goal: string;
  readonly ended: Promise<void>;
  overSince: number | undefined;
}

/**
 * Work on the engine that may take longer than a verb may block: it goes on while nobody waits, one goal for each machine at a time,
 * and whoever asks for the same goal again joins it.
 */
export class InFlight {
  readonly #patienceMs: number;
  readonly #work = new Map<string, Work>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Begins work towards a goal, or joins it; work towards another goal on the same machine ends first. */
  async join(machine: string, goal: string, begin: () => Promise<void>): Promise<Progress> {
    let work = this.#work.get(machine);
    if (work?.overSince !== undefined && performance.now() - work.overSince > freshMs) work = this.#forget(machine);
    if (work !== undefined && work.goal !== goal) {
      if (!(await this.#isOver(work))) return { done: false, retryInMs };
      if (this.#work.get(machine) === work) this.#work.delete(machine);
      work = this.#work.get(machine);
      if (work !== undefined && work.goal !== goal) return { done: false, retryInMs };
    }
    work ??= this.#begin(machine, goal, begin);
    if (!(await this.#isOver(work))) return { done: false, retryInMs };
    if (this.#work.get(machine) === work) this.#work.delete(machine);
    await work.ended;
    return done;
  }

  /** Whether work on a machine is under way, or has just ended. */
  isBusy(machine: string): boolean {
    const work = this.#work.get(machine);
    return work !== undefined && (work.overSince === undefined || performance.now() - work.overSince < freshMs);
  }

  #forget(machine: string): undefined {
    this.#work.delete(machine);
  }

  #begin(machine: string, goal: string, begin: () => Promise<void>): Work {
    const work: Work = { goal, ended: begin(), overSince: undefined };
    const over = () => {
      work.overSince = performance.now();
    };
    work.ended.then(over, over);
    this.#work.set(machine, work);
    return work;
  }

  /** Waits as long as a verb may; the work's failure is left to those who asked for it. */
  async #isOver(work: Work): Promise<boolean> {
    if (work.overSince !== undefined) return true;
    const ended = work.ended.catch(() => {});
    await inTime(ended, this.#patienceMs, () => {});
    return work.overSince !== undefined;
  }
}
