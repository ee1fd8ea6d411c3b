import { useEffect } from 'react';
import type { ChangedRole } from '../api/lost-access.ts';
import { useScope } from '../api/scope.tsx';
import { otherRoles, useCurrent } from '../api/session.tsx';
import { useTold } from '../api/told.ts';
import { toast } from '../parts/toast.tsx';

const none: readonly ChangedRole[] = [];

/** Tells whoever may do something else than a moment ago why buttons have changed. */
export function useTellRoles(): void {
  const { account } = useCurrent();
  const { projects } = useScope();
  const changed = useTold(otherRoles);
  useEffect(() => {
    if (changed.length === 0) return;
    otherRoles.tell(none);
    for (const { accountId, projectId, role, isOther } of changed) {
      if (accountId !== account.id) continue;
      const place = projectId === undefined ? account.name : projects.find(({ id }) => id === projectId)?.name;
      if (place === undefined) continue;
      toast(isOther ? `You are ${role} in ${place} now` : `The role ${role} allows something else in ${place} now`);
    }
  }, [changed, account, projects]);
}
