import type { Clock } from '../../foundation/clock.ts';
import type { MachineState } from '../engine.ts';
import { identityOf } from './identity-of-instance.ts';
import type { IncusInstance } from './incus-api.ts';
import { instanceStatus } from './instance-status.ts';
import type { Listed } from './instances.ts';
import { knownOf } from './known-of-instance.ts';
import { machineIdOf } from './names.ts';

/** How long a daemon that was away takes to start again what ran before: until then, stopped may mean not yet started. */
const settleMs = 8000;

/** What instances tell of the machines that they are. */
export class MachineStates {
  readonly #clock: Clock;
  #settledAt = 0;
  /** The same of single members, by their names. */
  readonly #membersSettleAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The daemon went away: until it is back and has settled, nothing is known to be off. */
  hostLost(): void {
    this.#settledAt = Number.POSITIVE_INFINITY;
  }

  hostReturned(): void {
    this.#settledAt = this.#clock.now() + settleMs;
  }

  /** Nobody watches the host any more: what it says counts. */
  unwatched(): void {
    this.#settledAt = 0;
  }

  /** Members may have gone away as well, and be back. */
  look({ told, lost }: Listed): void {
    const away = new Set(lost.map(({ location }) => location));
    for (const name of away) this.#membersSettleAt.set(name, Number.POSITIVE_INFINITY);
    for (const { location } of told)
      if (!away.has(location) && this.#membersSettleAt.get(location) === Number.POSITIVE_INFINITY)
        this.#membersSettleAt.set(location, this.#clock.now() + settleMs);
  }

  /** Undefined for what is in our project and was not made by us. */
  of(instance: IncusInstance): MachineState | undefined {
    const id = machineIdOf(instance.name);
    if (id === undefined || instance.config['user.raffia.id'] !== id) return undefined;
    const { generation, isComplete } = identityOf(instance);
    return { id, generation, power: isComplete ? this.#powerOf(instance) : 'building', known: knownOf(instance) };
  }

  #powerOf({ status_code, location }: IncusInstance): MachineState['power'] {
    if (status_code === instanceStatus.running) return 'on';
    // Nothing in it goes on; to start it is to thaw it.
    if (status_code === instanceStatus.frozen) return 'off';
    if (status_code === instanceStatus.failed) return 'unknown';
    const settledAt = Math.max(this.#settledAt, this.#membersSettleAt.get(location) ?? 0);
    return status_code === instanceStatus.stopped && this.#clock.now() >= settledAt ? 'off' : 'changing';
  }
}
