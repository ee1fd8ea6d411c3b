import { useCallback } from 'react';
import { useScope } from '../api/scope.tsx';

/** What a project is called, also one that is gone, or that the person can't see. */
export function useProjectName() {
  const { projects } = useScope();
  return useCallback(
    (id: string | undefined) =>
      id === undefined
        ? 'Unknown project'
        : (projects.find((one) => one.id === id)?.name ?? `Another project, ${id.slice(-8)}`),
    [projects],
  );
}
