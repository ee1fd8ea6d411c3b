import { Badge, Group, Text } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';

export function KeyProjects({ apiKey }: { apiKey: APIKey }) {
  if (apiKey.role_id === ownerRoleId) return <Text size="sm">All projects</Text>;
  const accesses = apiKey.project_accesses ?? [];
  if (accesses.length === 0) return <Text size="sm">None</Text>;
  return (
    <Group gap={4}>
      {accesses.map(({ project_id, project_name, role_name }) => (
        <Badge key={project_id} variant="outline" color="gray" tt="none">
          {project_name} ({role_name})
        </Badge>
      ))}
    </Group>
  );
}
