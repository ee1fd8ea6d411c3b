import type { QueryResult, QueryResultRow } from 'pg';

/** A connection that serves nothing else, so that nobody waits for the others' turn. */
export interface Asked {
  query<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<R>>;
}
