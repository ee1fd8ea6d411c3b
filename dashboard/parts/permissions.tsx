import { Accordion, Badge, Checkbox, Code, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import type { Scope } from '@raffia/contract/enums.ts';
import { permissionCatalogue } from '@raffia/contract/permission-catalogue.ts';

const categories = (scope: Scope) => [
  ...new Set(permissionCatalogue.filter((entry) => entry.scope === scope).map(({ category }) => category)),
];

export function permissionsIn(scope: Scope): string[] {
  return permissionCatalogue.filter((entry) => entry.scope === scope).map(({ name }) => name);
}

/** All permissions of a scope by category, those held ticked; to look at, or to choose. */
export function PermissionGrid({
  scope,
  held,
  onChange,
}: {
  scope: Scope;
  held: readonly string[];
  onChange?: (held: string[]) => void;
}) {
  const toggle = (names: string[], isOn: boolean) =>
    onChange?.(isOn ? [...new Set([...held, ...names])] : held.filter((name) => !names.includes(name)));
  return (
    <Stack>
      {categories(scope).map((category) => {
        const entries = permissionCatalogue.filter((entry) => entry.scope === scope && entry.category === category);
        const names = entries.map(({ name }) => name as string);
        const count = names.filter((name) => held.includes(name)).length;
        const title = category.replaceAll('_', ' ');
        return (
          <fieldset key={category} style={{ border: 0, padding: 0, margin: 0 }}>
            <Group justify="space-between" mb={6}>
              <Text component="legend" size="xs" fw={700} tt="uppercase">
                {title} ({count}/{entries.length})
              </Text>
              {onChange !== undefined && (
                <Checkbox
                  size="xs"
                  label={`All of ${title}`}
                  checked={count === entries.length}
                  indeterminate={count > 0 && count < entries.length}
                  onChange={(event) => toggle(names, event.currentTarget.checked)}
                />
              )}
            </Group>
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={6} verticalSpacing={6}>
              {entries.map(({ name, description }) => (
                <Checkbox
                  key={name}
                  size="sm"
                  label={<span className="mono">{name}</span>}
                  description={description}
                  checked={held.includes(name)}
                  onChange={(event) => toggle([name], event.currentTarget.checked)}
                  disabled={onChange === undefined && !held.includes(name)}
                  readOnly={onChange === undefined}
                />
              ))}
            </SimpleGrid>
          </fieldset>
        );
      })}
    </Stack>
  );
}

/** What a key or a member will be able to do: counted, and listed when opened. */
export function PermissionPreview({
  roles,
}: {
  roles: readonly { readonly title: string; readonly permissions: readonly string[] }[];
}) {
  return (
    <Accordion multiple variant="contained">
      {roles.map(({ title, permissions }) => (
        <Accordion.Item key={title} value={title}>
          <Accordion.Control>
            <Group justify="space-between" pr="sm">
              <Text size="sm" fw={600}>
                {title}
              </Text>
              <Badge variant="outline" color="gray" tt="none">
                {permissions.length} permissions
              </Badge>
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <Group gap={6}>
              {permissions.map((name) => (
                <Code key={name}>{name}</Code>
              ))}
            </Group>
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}
