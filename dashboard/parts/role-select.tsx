import { Select, type SelectProps } from '@mantine/core';
import type { Role } from '@raffia/client/client.ts';
import type { Scope } from '@raffia/contract/enums.ts';
import { useRoles } from '../api/lists.ts';
import { useCurrent, useHolds } from '../api/session.tsx';

/** The roles of a scope that one may give: of the account's none that can do more than oneself, and never Owner. */
function useRolesToGive(scope: Scope): readonly Role[] {
  const { account } = useCurrent();
  const holds = useHolds();
  const roles = useRoles();
  return (roles.data ?? []).filter(
    (role) =>
      role.scope === scope &&
      role.slug !== 'owner' &&
      (scope === 'project' || account.is_owner || role.permissions.every((name) => holds(name))),
  );
}

export function RoleSelect({
  scope,
  value,
  isFirst = false,
  ...props
}: {
  scope: Scope;
  value: string | null;
  /** Has the focus when its dialog opens. */
  isFirst?: boolean;
} & Pick<SelectProps, 'label' | 'onChange' | 'error'>) {
  const data = useRolesToGive(scope).map(({ id, name, permissions }) => ({
    value: id,
    label: `${name} (${permissions.length})`,
  }));
  return (
    <Select
      {...props}
      placeholder="Choose a role"
      data={data}
      value={value}
      allowDeselect={false}
      data-autofocus={isFirst || undefined}
    />
  );
}

/** A role that is had, and changed where it stands. One that can't be given is shown as it is. */
export function HeldRole({
  label,
  scope,
  roleId,
  roleName,
  refused,
  isPending,
  onChange,
}: {
  label: string;
  scope: Scope;
  roleId: string | undefined;
  roleName: string | undefined;
  /** Why it can't be changed. */
  refused: string | undefined;
  isPending: boolean;
  onChange: (roleId: string, roleName: string) => void;
}) {
  const roles = useRolesToGive(scope);
  if (refused !== undefined || !roles.some(({ id }) => id === roleId))
    return <span title={refused}>{roleName ?? '–'}</span>;
  return (
    <Select
      size="xs"
      aria-label={label}
      data={roles.map(({ id, name }) => ({ value: id, label: name }))}
      value={roleId ?? null}
      onChange={(next) => {
        const role = roles.find(({ id }) => id === next);
        if (role !== undefined && role.id !== roleId) onChange(role.id, role.name);
      }}
      disabled={isPending}
      allowDeselect={false}
      maw={190}
    />
  );
}
