import type { Resource } from '@raffia/contract/resources.ts';
import { holds, holdsAny, type Principal, reaches } from './principal.ts';

/**
 * Whether a caller may see what is of a kind, by the kind's entry in contract/resources.ts. The one rule for whatever shows or tells
 * of many kinds.
 *
 * @param projectId the project in which it lies; null where it belongs to the account
 */
export function maySee(
  principal: Principal,
  { view, project, isSeenByAll }: Resource,
  projectId: string | null,
): boolean {
  if (principal.isOwner) return true;
  if (isSeenByAll && (projectId === null ? project === undefined : reaches(principal, projectId))) return true;
  return holdsAny(principal, view, projectId);
}

/** The projects in which a caller may see what is of a kind, in order; null stands for all of the account, present and future. */
export function projectsSeen(principal: Principal, kind: Resource): readonly string[] | null {
  if (principal.isOwner) return null;
  if (kind.view.some((permission) => permission.startsWith('account.') && holds(principal, permission, null)))
    return null;
  return [...principal.projectPermissions.keys()].filter((id) => maySee(principal, kind, id)).sort();
}
