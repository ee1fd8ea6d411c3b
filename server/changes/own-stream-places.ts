import type { Principal } from '../access/principal.ts';
import type { MostStreams, StreamPlace, StreamPlaces } from './stream-places.ts';

/** The places of this process: in its memory, and exact where it serves alone. */
export class OwnStreamPlaces implements StreamPlaces {
  /** By credential, which is a hash, and by account. */
  readonly #taken = new Map<string, number>();

  async take(
    { credential, accountId }: Pick<Principal, 'credential' | 'accountId'>,
    most: MostStreams,
  ): Promise<StreamPlace | keyof MostStreams> {
    // Nothing is waited for: what is counted is what is taken.
    if (most.credential !== null && this.#of(credential) >= most.credential) return 'credential';
    if (most.account !== null && this.#of(accountId) >= most.account) return 'account';
    this.#count(credential, 1);
    this.#count(accountId, 1);
    let isTaken = true;
    return {
      leave: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#count(credential, -1);
        this.#count(accountId, -1);
      },
    };
  }

  async ofAccount(accountId: string): Promise<number> {
    return this.#of(accountId);
  }

  #of(name: string): number {
    return this.#taken.get(name) ?? 0;
  }

  #count(name: string, change: 1 | -1): void {
    const count = this.#of(name) + change;
    if (count === 0) this.#taken.delete(name);
    else this.#taken.set(name, count);
  }
}
