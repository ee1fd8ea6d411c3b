import { useApiKeys } from '../api/lists.ts';
import { keyIdOf } from './people.ts';

/** What a member is called: a person by the address, an API key by its name. */
export function useMemberName(): (member: { readonly email: string }) => string {
  const keys = useApiKeys();
  return ({ email }) => {
    const keyId = keyIdOf({ email });
    return keyId === undefined ? email : `API key ${keys.data?.find(({ id }) => id === keyId)?.name ?? keyId}`;
  };
}
