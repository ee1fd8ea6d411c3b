import type { Operation } from '@raffia/contract/operation.ts';
import { holdsAny, type Principal, reaches } from '../access/principal.ts';
import { accountSuspended } from '../billing/standing.ts';
import { ApiError, notFound } from '../foundation/api-error.ts';

/**
 * Whether a principal may do an operation, on a project of its account where one decides. The gate asks before the body is read, and
 * a write once more in its own transaction.
 *
 * @param now milliseconds since 1970
 * @throws ApiError 401 for a key that ended, 403 or 404 for a project out of reach, 403 without the permission, and for whatever would
 *   change a suspended account
 */
export function decide(operation: Operation, principal: Principal, projectId: string | null, now: number): void {
  checkKey(principal, now);
  if (projectId !== null) checkReach(operation, principal, projectId);
  const { access } = operation;
  if (access.who === 'permission' && !isReadEverywhere(operation, projectId)) {
    if (!holdsAny(principal, access.anyOf, projectId)) {
      throw new ApiError('permissionDenied', { permission: access.anyOf.join(' or ') });
    }
  }
  if (principal.isAccountSuspended && operation.method !== 'GET') throw accountSuspended();
}

export function checkKey(principal: Principal, now: number): void {
  if (!principal.isActive || principal.expiresAt <= now) throw new ApiError('invalidKey');
}

/** A project that the header names is refused; what lies in one that the caller does not reach does not exist for it. */
export function checkReach(operation: Operation, principal: Principal, projectId: string): void {
  if (operation.project === 'account' || operation.project === 'path' || reaches(principal, projectId)) return;
  if (operation.project === 'resource' && operation.resource !== undefined) {
    throw notFound(operation.resource);
  }
  throw new ApiError('projectForbidden');
}

/** A list over all projects needs the permission in none: it shows those where it is held. */
function isReadEverywhere(operation: Operation, projectId: string | null): boolean {
  return operation.project === 'readable' && projectId === null;
}
