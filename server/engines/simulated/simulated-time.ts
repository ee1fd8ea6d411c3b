import type { Row } from '../../database/tables.ts';
import type { Clock } from '../../foundation/clock.ts';
import { done, type Progress } from '../engine.ts';
import type { FaultRules } from './fault-rules.ts';
import type { SimulatedVerb } from './simulated-verbs.ts';

/** How long each verb takes, in milliseconds. */
export type SimulatedDelays = Readonly<Record<SimulatedVerb, number>>;

/** When something that takes its time is there. */
export type Awaited = Pick<Row<'simulated_machines'>, 'ready_at' | 'wait_ms'>;

/** How long verbs take, by the configured delays and the operator's faults. */
export class SimulatedTime {
  readonly #clock: Clock;
  readonly #delays: SimulatedDelays;
  readonly #faults: FaultRules;

  constructor(clock: Clock, delays: SimulatedDelays, faults: FaultRules) {
    this.#clock = clock;
    this.#delays = delays;
    this.#faults = faults;
  }

  /**
   * Applies the operator's faults.
   *
   * @returns the milliseconds that the verb takes
   */
  async begin(verb: SimulatedVerb, name: string): Promise<number> {
    return (await this.#faults.apply(verb, name)) ?? this.#delays[verb];
  }

  /** For what is under way while it takes its time. */
  wait(ms: number): Promise<void> {
    return ms === 0 ? Promise.resolve() : new Promise((over) => this.#clock.after(ms, over));
  }

  /** Seconds since 1970. */
  seconds(): number {
    return this.#clock.now() / 1000;
  }

  in(ms: number): Awaited {
    return { ready_at: new Date(this.#clock.now() + ms), wait_ms: ms };
  }

  /** A moment further away than it was from the start: the clock was set back, and nobody knows how much is left of the wait. */
  until({ ready_at, wait_ms }: Awaited): Progress {
    const wait = ready_at.getTime() - this.#clock.now();
    return wait <= 0 || wait > wait_ms ? done : { done: false, retryInMs: wait };
  }
}
