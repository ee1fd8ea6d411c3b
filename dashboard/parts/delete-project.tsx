import type { Project } from '@raffia/client/client.ts';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DestroyDialog } from './destroy-dialog.tsx';
import { toast } from './toast.tsx';

/** Deletes a project in which nothing is left: all that goes is who had a role on it. */
export function DeleteProject({
  project,
  holders,
  onClose,
  onDone,
}: {
  project: Project;
  /** Who has a role on it, by name. */
  holders: readonly string[];
  onClose: () => void;
  onDone?: (() => void) | undefined;
}) {
  const { api } = useCurrent();
  const remove = useChange(() => api.deleteProject({ id: project.id }), {
    stale: ['projects', 'project-members', 'session', 'api-keys', 'audit'],
    onDone: () => {
      onClose();
      toast(`${project.name} is deleted`);
      onDone?.();
    },
  });
  return (
    <DestroyDialog
      title={`Delete ${project.name}`}
      names={[project.name]}
      action="Delete project"
      goes={holders.map((name) => `The role of ${name} in ${project.name}`)}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      It is empty. You can't undo this.
    </DestroyDialog>
  );
}
