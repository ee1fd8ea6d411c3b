import type { NewAccount } from '../resources/account/bootstrap-account.ts';

/** Secrets of many keys with the Owner's role: as many clients, so that none of them comes to its limit. */
export async function ownerKeys(
  url: string,
  { api_key }: Pick<NewAccount, 'api_key'>,
  many: number,
): Promise<string[]> {
  const headers = { 'x-api-key': api_key, 'content-type': 'application/json' };
  const roles = (await (await fetch(`${url}/api/v1/roles?scope=account`, { headers })).json()) as {
    data: { id: string }[];
  };
  const made: string[] = [];
  for (let number = 0; number < many; number++) {
    const body = JSON.stringify({ name: `client ${number}`, role_id: roles.data[0]?.id });
    const reply = await fetch(`${url}/api/v1/api-keys`, { method: 'POST', headers, body });
    made.push(((await reply.json()) as { data: { secret: string } }).data.secret);
  }
  return made;
}
