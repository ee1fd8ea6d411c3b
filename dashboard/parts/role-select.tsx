import { Select } from '@mantine/core';
import type { Scope } from '@raffia/contract/enums.ts';
import { useRoles } from '../api/lists.ts';
import { useCurrent, useHolds } from '../api/session.tsx';

/** The roles of a scope that one may give: of the account's none that can do more than oneself, and never Owner. */
export function RoleSelect({
  label,
  scope,
  value,
  onChange,
}: {
  label: string;
  scope: Scope;
  value: string | null;
  onChange: (roleId: string | null) => void;
}) {
  const { account } = useCurrent();
  const holds = useHolds();
  const roles = useRoles();
  return (
    <Select
      label={label}
      placeholder="Select a role"
      data={(roles.data ?? [])
        .filter(
          (role) =>
            role.scope === scope &&
            role.slug !== 'owner' &&
            (scope === 'project' || account.is_owner || role.permissions.every((name) => holds(name))),
        )
        .map(({ id, name, permissions }) => ({ value: id, label: `${name} (${permissions.length})` }))}
      value={value}
      onChange={onChange}
      allowDeselect={false}
      required
    />
  );
}
