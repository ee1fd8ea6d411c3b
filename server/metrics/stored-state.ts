import { vmStatuses } from '@raffia/contract/vm-states.ts';
import pg from 'pg';
import { inTime } from '../foundation/in-time.ts';

/** What only the rows know, of the whole cloud: every node that looks finds the same. */
export interface Stored {
  /** Operations that have not ended. */
  readonly queue: readonly { readonly kind: string; readonly state: QueueState; readonly count: number }[];
  /** Since the oldest of them was asked for, in seconds; 0 where there is none. */
  readonly oldestSeconds: number;
  /** How many machines there are in each status. */
  readonly machines: ReadonlyMap<string, number>;
}

/** `waiting` for a place or its turn; `running`; `blocked` by a fault of the host; `undoing` what it had done. */
export type QueueState = 'waiting' | 'running' | 'blocked' | 'undoing';

interface Row {
  readonly about: 'operation' | 'machine';
  readonly name: string;
  readonly state: QueueState;
  readonly count: number;
  readonly oldest: number;
}

/** How old an answer may be, in milliseconds. */
const freshMs = 1000;
/** How long the database may take for it. */
const statementMs = 1000;
const patienceMs = 2000;

const statement = `
  select 'operation' as about, kind as name,
         case when error is not null then 'undoing' when waiting_for is not null then 'blocked'
              when status = 'pending' then 'waiting' else 'running' end as state,
         count(*)::integer as count, extract(epoch from now() - min(created_at))::double precision as oldest
    from operations where finished_at is null group by 1, 2, 3
   union all
  select 'machine', status, '', sum(vms)::integer, 0 from vm_counts group by 2`;

/**
 * Counts rows when somebody looks, on a connection of its own: it neither waits for a turn nor takes one from anybody, and is closed when
 * nobody has looked for a while. However much there is to count, no question takes longer than a second.
 */
export class StoredState {
  readonly #pool: pg.Pool;
  #last: { readonly at: number; readonly found: Promise<Stored | undefined> } | undefined;

  /** @param url a PostgreSQL connection URL */
  constructor(url: string) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 1,
      application_name: 'raffia looks',
      connectionTimeoutMillis: statementMs,
      statement_timeout: statementMs,
      query_timeout: patienceMs,
      idleTimeoutMillis: 120_000,
      allowExitOnIdle: true,
    });
    this.#pool.on('error', () => {});
  }

  /** Asks something else than what is kept for a second. */
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<R>> {
    return this.#pool.query<R>(text, values);
  }

  /** What there is now, or was within the last second; undefined where the database does not say in time. */
  now(): Promise<Stored | undefined> {
    if (this.#last === undefined || performance.now() - this.#last.at >= freshMs) {
      const found = inTime(this.#look(), patienceMs, () => undefined).catch(() => undefined);
      this.#last = { at: performance.now(), found };
    }
    return this.#last.found;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #look(): Promise<Stored> {
    const { rows } = await this.#pool.query<Row>(statement);
    const operations = rows.filter(({ about }) => about === 'operation');
    const machines = rows.filter(({ about }) => about === 'machine');
    return {
      queue: operations.map(({ name, state, count }) => ({ kind: name, state, count })),
      oldestSeconds: Math.max(0, ...operations.map(({ oldest }) => oldest)),
      machines: new Map([
        ...vmStatuses.map((status) => [status, 0] as const),
        ...machines.map(({ name, count }) => [name, count] as const),
      ]),
    };
  }
}
