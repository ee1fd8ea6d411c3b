import type { Permission } from '@raffia/contract/permission-catalogue.ts';
import type { Tier } from './rate-limiter.ts';

/** Who is asking: a verified key, or a person who is signed in, with the permissions that the roles give at this moment. */
export interface Principal {
  readonly kind: 'key' | 'user';
  /** What the caller proved itself with: the hash of the key, or the id of the session. */
  readonly credential: string;
  /** Of the key, or of the person. */
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly tier: Tier;
  /** How long a request over the limit waits for room, in milliseconds; 0: it is refused at once. */
  readonly waitMs: number;
  /** Milliseconds since 1970, or Infinity; compared with the clock at each use. */
  readonly expiresAt: number;
  readonly isActive: boolean;
  /** A suspended account is only read. */
  readonly isAccountSuspended: boolean;
  /** The Owner role: every permission in the account and in all its projects, present and future. */
  readonly isOwner: boolean;
  /** An operator of this cloud: of no account's doing, and no permission in any. */
  readonly isOperator: boolean;
  readonly accountPermissions: ReadonlySet<string>;
  /** The permissions on each project where the principal holds a role. */
  readonly projectPermissions: ReadonlyMap<string, ReadonlySet<string>>;
  /** The person the acts are put down to; the key itself where nobody is known. */
  readonly actorId: string;
}

const nothing: ReadonlySet<string> = new Set();

/** Somebody of whom it is not known yet what he may do: nothing. Who he is goes beside it. */
export const powerless: Principal = {
  kind: 'user',
  id: '',
  credential: '',
  name: '',
  accountId: '',
  tier: 'standard',
  waitMs: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  isActive: true,
  isAccountSuspended: false,
  isOwner: false,
  isOperator: false,
  accountPermissions: nothing,
  projectPermissions: new Map(),
  actorId: '',
};

/**
 * Whether one permission is held: `account.*` by the account role, all others by the role on the project (identity.md §2).
 *
 * @param projectId the project that decides; null where the operation has none
 */
export function holds(principal: Principal, permission: Permission, projectId: string | null): boolean {
  if (principal.isOwner) return true;
  if (permission.startsWith('account.')) return principal.accountPermissions.has(permission);
  if (projectId === null) return false;
  return (principal.projectPermissions.get(projectId) ?? nothing).has(permission);
}

/** Whether any of the permissions is held. */
export function holdsAny(principal: Principal, anyOf: readonly Permission[], projectId: string | null): boolean {
  return anyOf.some((permission) => holds(principal, permission, projectId));
}

/** Whether a project can be reached at all: by any role on it, or as Owner. The project must be of the principal's account. */
export function reaches(principal: Principal, projectId: string): boolean {
  return principal.isOwner || principal.projectPermissions.has(projectId);
}

/** Whether a caller, looked at twice, may do the same. */
export function allowsTheSame(before: Principal, now: Principal): boolean {
  if (before === now) return true;
  if (before.isOperator !== now.isOperator) return false;
  if (before.isOwner !== now.isOwner || before.isAccountSuspended !== now.isAccountSuspended) return false;
  if (before.projectPermissions.size !== now.projectPermissions.size) return false;
  if (!isSame(before.accountPermissions, now.accountPermissions)) return false;
  return [...before.projectPermissions].every(([id, held]) => isSame(held, now.projectPermissions.get(id)));
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string> | undefined): boolean {
  return one === other || (one.size === other?.size && [...one].every((name) => other.has(name)));
}
