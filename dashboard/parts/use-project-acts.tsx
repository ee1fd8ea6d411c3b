import type { Project } from '@raffia/client/client.ts';
import { ExternalLink, Pencil, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useScope } from '../api/scope.tsx';
import { DeleteProject } from './delete-project.tsx';
import { EditProject } from './edit-project.tsx';
import { projectRefusal } from './project-contents.ts';
import type { Act } from './row-menu.tsx';
import { useLeftIn } from './use-left-in.ts';
import { useRefusal } from './use-refusal.ts';

/**
 * What can be done with a project, in the list and on its page.
 *
 * @param holdersOf who has a role on it, by name
 */
export function useProjectActs(
  holdersOf: (project: Project) => readonly string[],
  onDeleted?: () => void,
): { actsOf: (project: Project) => readonly Act[]; dialog: ReactNode } {
  const { to } = useScope();
  const refusal = useRefusal();
  const leftIn = useLeftIn();
  const [dialog, setDialog] = useState<{ readonly of: 'edit' | 'delete'; readonly project: Project } | null>(null);
  const close = () => setDialog(null);
  return {
    actsOf: (project) => [
      { label: 'Open project', icon: ExternalLink, to: to('project', '', project) },
      {
        label: 'Edit…',
        icon: Pencil,
        refused: refusal('account.projects.manage', undefined),
        onSelect: () => setDialog({ of: 'edit', project }),
      },
      {
        label: 'Delete…',
        icon: Trash2,
        isDangerous: true,
        refused: projectRefusal(project, leftIn(project.id)) ?? refusal('account.projects.delete', undefined),
        onSelect: () => setDialog({ of: 'delete', project }),
      },
    ],
    dialog:
      dialog === null ? null : dialog.of === 'edit' ? (
        <EditProject project={dialog.project} onClose={close} />
      ) : (
        <DeleteProject
          project={dialog.project}
          holders={holdersOf(dialog.project)}
          onClose={close}
          onDone={onDeleted}
        />
      ),
  };
}
