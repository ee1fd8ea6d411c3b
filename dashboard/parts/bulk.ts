export interface Failure<Item> {
  readonly item: Item;
  readonly reason: string;
}

export interface Outcome<Item> {
  readonly done: number;
  readonly failures: readonly Failure<Item>[];
}

/**
 * Does the same to many things, so many at once that the server's limit is not the first to say so, and goes on where one fails.
 *
 * @param act on one or several things; answers why each that failed did
 * @param onProgress after each answer
 */
export async function inTurn<Item>(
  parts: readonly (readonly Item[])[],
  act: (part: readonly Item[]) => Promise<readonly Failure<Item>[]>,
  onProgress: (outcome: Outcome<Item>) => void,
  atOnce = 4,
): Promise<Outcome<Item>> {
  const queue = [...parts];
  let outcome: Outcome<Item> = { done: 0, failures: [] };
  const work = async () => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      const now = part;
      const failures = await act(now).catch((error: Error) => now.map((item) => ({ item, reason: error.message })));
      outcome = {
        done: outcome.done + now.length - failures.length,
        failures: [...outcome.failures, ...failures],
      };
      onProgress(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, parts.length) }, work));
  return outcome;
}

/** Parts of at most so many. */
export function parted<Item>(items: readonly Item[], most: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, at) => items.slice(at * most, (at + 1) * most));
}

/** `db-main, edge-01, web-02 and 11 more` */
export function namesOf(names: readonly string[], most = 3): string {
  const left = names.length - most;
  return left > 0 ? `${names.slice(0, most).join(', ')} and ${left} more` : names.join(', ');
}
