import type { Role } from '@raffia/client/client.ts';
import { CopyPlus, Pencil, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useApiKeys, useGrants, useMembers } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { DeleteRole } from './delete-role.tsx';
import { EditRole, type RoleDraft } from './edit-role.tsx';
import { roleUse, wordsOfUse } from './roles.ts';
import type { Act } from './row-menu.tsx';
import { useRefusal } from './use-refusal.ts';

type Dialog = { readonly edits: RoleDraft } | { readonly deletes: Role };

/** What can be done with a role, in the list and on its page; and who has it, in words. */
export function useRoleActs(onDeleted?: () => void): {
  actsOf: (role: Role) => readonly Act[];
  usedBy: (role: Role) => string | undefined;
  dialog: ReactNode;
} {
  const refusal = useRefusal();
  const { projects } = useScope();
  const members = useMembers();
  const keys = useApiKeys();
  const { grants } = useGrants(projects);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const close = () => setDialog(null);
  const usedBy = ({ id }: Role) =>
    wordsOfUse(roleUse(id, { members: members.data ?? [], grants, keys: keys.data ?? [] }));
  return {
    usedBy,
    actsOf: (role) => {
      const used = usedBy(role);
      const system = role.is_system ? 'System roles stay as they are. Duplicate it to change the copy.' : undefined;
      return [
        {
          label: 'Duplicate…',
          icon: CopyPlus,
          refused: refusal('account.roles.create', undefined),
          onSelect: () =>
            setDialog({
              edits: {
                name: `${role.name} copy`,
                scope: role.scope,
                permissions: [...role.permissions],
                ...(role.description === undefined ? {} : { description: role.description }),
              },
            }),
        },
        {
          label: 'Edit…',
          icon: Pencil,
          refused: system ?? refusal('account.roles.manage', undefined),
          onSelect: () => setDialog({ edits: role }),
        },
        {
          label: 'Delete…',
          icon: Trash2,
          isDangerous: true,
          refused:
            (role.is_system ? "System roles can't be deleted" : undefined) ??
            refusal('account.roles.delete', undefined) ??
            (used === undefined ? undefined : `In use by ${used}. Give them another role first.`),
          onSelect: () => setDialog({ deletes: role }),
        },
      ];
    },
    dialog:
      dialog === null ? null : 'edits' in dialog ? (
        <EditRole draft={dialog.edits} onClose={close} />
      ) : (
        <DeleteRole role={dialog.deletes} onClose={close} onDone={onDeleted} />
      ),
  };
}
