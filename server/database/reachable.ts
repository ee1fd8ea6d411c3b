/** What is wrong with the way to the database, in a sentence; anything else as it is. */
export function reachable(url: string, error: unknown): unknown {
  const { code } = error as { code?: string };
  const place = new URL(url);
  const reason = reasons[code ?? ''];
  if (reason === undefined) return error;
  const name = `${place.hostname}:${place.port === '' ? '5432' : place.port}`;
  return new Error(`The database at ${name} cannot be used: ${reason}.`, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Start PostgreSQL, or mend DATABASE_URL',
  ENOTFOUND: 'there is no host of that name. Mend DATABASE_URL',
  EAI_AGAIN: 'the name of its host cannot be looked up now. Check the network, or mend DATABASE_URL',
  ETIMEDOUT: 'its host does not answer. Check the network, or mend DATABASE_URL',
  EHOSTUNREACH: 'its host cannot be reached. Check the network, or mend DATABASE_URL',
  ECONNRESET: 'it closed the connection. See its log',
  '28P01': 'the password is not right. Mend DATABASE_URL',
  '28000': 'it does not let this user in. Mend DATABASE_URL, or pg_hba.conf there',
  '3D000': 'there is no database of that name. Create it, or mend DATABASE_URL',
  '53300': 'it has no connection left. Raise its max_connections, or end what holds them',
};
