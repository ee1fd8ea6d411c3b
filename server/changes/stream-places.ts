import type { Principal } from '../access/principal.ts';

/** Who may hold places, and how many; null: as many as it wants. */
export interface MostStreams {
  readonly credential: number | null;
  readonly account: number | null;
}

/** A place for one open stream or console. */
export interface StreamPlace {
  /** Gives it up, once and at once. */
  leave(): void;
}

/** How many streams and consoles an account has open. */
export async function openOf(
  { streamPlaces, consolePlaces }: { readonly streamPlaces: StreamPlaces; readonly consolePlaces: StreamPlaces },
  accountId: string,
): Promise<{ streams: number; consoles: number }> {
  const [streams, consoles] = await Promise.all([
    streamPlaces.ofAccount(accountId),
    consolePlaces.ofAccount(accountId),
  ]);
  return { streams, consoles };
}

/** Places for open streams, or for open consoles: of one process, or of all nodes together. */
export interface StreamPlaces {
  /**
   * Takes a place where the caller's key or session, and its account, have one left.
   *
   * @returns the place, or which of the two has none
   */
  take(
    caller: Pick<Principal, 'credential' | 'accountId'>,
    most: MostStreams,
  ): Promise<StreamPlace | keyof MostStreams>;
  /** How many an account has taken. */
  ofAccount(accountId: string): Promise<number>;
}
