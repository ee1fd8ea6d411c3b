import type { Member, ProjectMember } from '@raffia/client/client.ts';
import { useApiKeys } from '../../api/lists.ts';

type Someone = Member | ProjectMember;

/** The key that a member is, if it is none of the people: it stands among them under an address made of its id. */
export function keyIdOf({ email, user_id, status }: Someone): string | undefined {
  if (user_id || status === 'pending') return undefined;
  return /^key-(.+)@apikeys\.invalid$/.exec(email)?.[1];
}

/** What a member is called: a person by the address, an API key by its name. */
export function useMemberName(): (member: Someone) => string {
  const keys = useApiKeys();
  return (member) => {
    const keyId = keyIdOf(member);
    return keyId === undefined ? member.email : `API key ${keys.data?.find(({ id }) => id === keyId)?.name ?? keyId}`;
  };
}
