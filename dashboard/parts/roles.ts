import type { APIKey, Member, Role } from '@raffia/client/client.ts';
import { type Grant, keyIdOf } from './people.ts';
import { plural } from './plural.ts';

export interface RoleUse {
  readonly members: number;
  readonly invitations: number;
  readonly keys: number;
}

/** Who has a role, each counted once. */
export function roleUse(
  roleId: string,
  {
    members,
    grants,
    keys,
  }: { readonly members: readonly Member[]; readonly grants: readonly Grant[]; readonly keys: readonly APIKey[] },
): RoleUse {
  const held = [...members, ...grants.map((grant) => grant.held)].filter((one) => one.role_id === roleId);
  const people = new Set<string>();
  const invited = new Set<string>();
  const used = new Set<string>();
  for (const one of held) {
    const keyId = keyIdOf(one);
    if (keyId !== undefined) used.add(keyId);
    else (one.status === 'pending' ? invited : people).add(one.email.toLowerCase());
  }
  for (const { id, role_id, project_accesses = [] } of keys)
    if (role_id === roleId || project_accesses.some((access) => access.role_id === roleId)) used.add(id);
  return { members: people.size, invitations: invited.size, keys: used.size };
}

/** `2 members, 1 invitation and 1 API key`; undefined where there is none of them. */
export function wordsOfUse({ members, invitations, keys }: RoleUse): string | undefined {
  const parts = [
    members > 0 && plural(members, 'member'),
    invitations > 0 && plural(invitations, 'invitation'),
    keys > 0 && plural(keys, 'API key'),
  ].filter((part) => part !== false);
  const last = parts.pop();
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

/** What one role has that another has not, and the reverse. */
export function compareRoles(
  role: Pick<Role, 'permissions'>,
  other: Pick<Role, 'permissions'>,
): { readonly more: string[]; readonly less: string[] } {
  return {
    more: role.permissions.filter((name) => !other.permissions.includes(name)),
    less: other.permissions.filter((name) => !role.permissions.includes(name)),
  };
}

/** The word by which a role is known to programs, made of its name: `Night shift` is `night-shift`. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}
