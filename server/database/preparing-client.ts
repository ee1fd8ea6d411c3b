import { hash } from 'node:crypto';
import pg from 'pg';

/** From which time on a statement is prepared: what is asked once or twice is not worth keeping. */
const preparedFrom = 5;
/** How many are prepared at most: each connection keeps its own, and lists can ask in endless ways. */
const mostPrepared = 256;
const mostCounted = 2048;

const names = new Map<string, string>();
const counts = new Map<string, number>();
/** How often all names were given up: none is used again, since what connections keep under it is out of date. */
let generation = 0;

/**
 * A connection that has the database read and plan a statement that comes again and again once, and not each time: that is most of what
 * a small statement costs. PostgreSQL goes on planning anew what depends on its values, and after each look at how a table has grown.
 *
 * A node of the next version may add a column while this one serves: what was prepared to answer all columns is refused from then on. It
 * is asked anew, without a name; within a transaction, which that refusal has ended, by whoever began it: see {@link isOutdated}.
 */
export class PreparingClient extends pg.Client {
  #generation = generation;

  // biome-ignore lint/suspicious/noExplicitAny: pg declares a dozen forms of it
  override query(...args: any[]): any {
    const [first] = args;
    // What has a name already is prepared under it, and is out of date with all others.
    const isNamed = typeof first?.name === 'string' && typeof first.text === 'string';
    const [text, values] = isNamed ? [first.text, first.values] : args;
    const isPrepared = typeof text === 'string' && Array.isArray(values) && values.length > 0;
    const name = isNamed ? `${first.name} ${generation}` : isPrepared ? nameOf(text) : undefined;
    const ask = (...asked: unknown[]) => (super.query as (...asked: unknown[]) => unknown)(...asked);
    if (name === undefined) return ask(...args);
    if (this.#generation !== generation && this.getTransactionStatus() === 'I') {
      this.#generation = generation;
      (ask('deallocate all') as Promise<unknown>).catch(() => undefined);
    }
    // In a transaction the old ones stay until its end; what would be prepared now would go with them, and pg not know.
    const isNow = this.#generation === generation;
    const began = generation;
    const statement = isNamed ? first : { text, values };
    const answer = (ask({ ...statement, name: isNow ? name : undefined }) as Promise<unknown>).catch((error) => {
      if (!isOutdated(error)) throw error;
      if (began === generation) giveUpNames();
      if (this.getTransactionStatus() !== 'I') throw error;
      return ask({ ...statement, name: undefined });
    });
    const done = args.at(-1);
    if (typeof done !== 'function') return answer;
    answer.then((result) => done(undefined, result), done);
  }
}

/** Whether a statement was refused since the columns of its answer are others than when it was prepared: the next time it is not. */
export function isOutdated(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as { code?: string; routine?: string };
  return code === '0A000' && routine === 'RevalidateCachedQuery';
}

/** Each connection forgets what it kept under the old ones when it is used next. */
function giveUpNames(): void {
  generation++;
  names.clear();
}

/** Under which a statement is prepared; undefined where it is not. */
function nameOf(text: string): string | undefined {
  const name = names.get(text);
  if (name !== undefined || names.size >= mostPrepared) return name;
  const count = (counts.get(text) ?? 0) + 1;
  if (count < preparedFrom) {
    if (counts.size >= mostCounted) counts.clear();
    counts.set(text, count);
    return undefined;
  }
  counts.delete(text);
  const made = hash('sha256', `${generation} ${text}`, 'hex').slice(0, 32);
  names.set(text, made);
  return made;
}
