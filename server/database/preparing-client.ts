import { hash } from 'node:crypto';
import pg from 'pg';

/** From which time on a statement is prepared: what is asked once or twice is not worth keeping. */
const preparedFrom = 5;
/** How many are prepared at most: each connection keeps its own, and lists can ask in endless ways. */
const mostPrepared = 256;
const mostCounted = 2048;

const names = new Map<string, string>();
const counts = new Map<string, number>();

/**
 * A connection that has the database read and plan a statement that comes again and again once, and not each time: that is most of what
 * a small statement costs. PostgreSQL goes on planning anew what depends on its values, and after each look at how a table has grown.
 */
export class PreparingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg declares a dozen forms of it
  override query(...args: any[]): any {
    const [text, values, ...rest] = args;
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    const asked = name === undefined ? args : [{ name, text, values }, ...rest];
    return (super.query as (...asked: unknown[]) => unknown)(...asked);
  }
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
  const made = hash('sha256', text, 'hex').slice(0, 32);
  names.set(text, made);
  return made;
}
