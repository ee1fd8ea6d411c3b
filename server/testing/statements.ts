import pg from 'pg';

export interface Statement {
  readonly text: string;
  readonly values?: unknown[];
}

/** The statements that the servers of this process send to the database meanwhile. */
export async function statementsOf(act: () => Promise<unknown>): Promise<Statement[]> {
  const seen: Statement[] = [];
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config, values] = args as [string | Statement, unknown[] | undefined];
    seen.push(typeof config === 'string' ? { text: config, ...(Array.isArray(values) ? { values } : {}) } : config);
    return (query as (...args: unknown[]) => unknown).apply(this, args);
  } as never;
  try {
    await act();
  } finally {
    pg.Client.prototype.query = query;
  }
  return seen;
}
