import type { Clock } from '../foundation/clock.ts';
import type { People } from './people.ts';
import type { Principal } from './principal.ts';
import type { Principals } from './principals.ts';

/** Tells which callers something that was taken away may concern. */
export type Concern = (caller: Principal) => boolean;

/** What callers who were admitted before may do now: many of them in one question. */
export class Standings {
  readonly #principals: Principals;
  readonly #people: People;
  readonly #clock: Clock;

  constructor(principals: Principals, people: People, clock: Clock) {
    this.#principals = principals;
    this.#people = people;
    this.#clock = clock;
  }

  /** Each caller as it is now, in their order; undefined for one whose key, session or access has ended. */
  async now(callers: readonly Principal[]): Promise<(Principal | undefined)[]> {
    const keys = new Set(callers.filter(({ kind }) => kind === 'key').map(({ credential }) => credential));
    const people = new Map(callers.filter(({ kind }) => kind === 'user').map((caller) => [nameOf(caller), caller]));
    const [foundKeys, foundPeople] = await Promise.all([
      this.#principals.all([...keys]),
      this.#people.all([...people.values()]),
    ]);
    const standing = new Map([...people.keys()].map((name, index) => [name, foundPeople[index]]));
    const now = this.#clock.now();
    return callers.map((caller) => {
      const found = caller.kind === 'key' ? foundKeys.get(caller.credential) : standing.get(nameOf(caller));
      return found?.isActive === true && found.expiresAt > now ? found : undefined;
    });
  }

  /** Calls back whenever this process has taken something away from callers. */
  onTakenAway(call: (concern: Concern) => void): void {
    this.#principals.onDrop(call);
    this.#people.onSessionsEnded((personId) => call(({ kind, id }) => kind === 'user' && id === personId));
  }
}

const nameOf = ({ credential, accountId }: Principal) => `${credential} ${accountId}`;
