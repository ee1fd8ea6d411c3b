import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { useOperations } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { Loaded } from './notices.tsx';
import { OperationSteps } from './operations.tsx';

/** The latest work on a thing, with its steps. */
export function ActivityCard({
  id,
  kind,
  most,
}: {
  id: string;
  /** The first word of its work: a number can be that of things of several kinds. */
  kind: string;
  most: number;
}) {
  const { to } = useScope();
  const operations = useOperations({ resource_id: id, limit: 50 });
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Recent activity
        </Title>
        <Anchor component={Link} size="sm" to={to('account', `audit?verb=${kind}`)}>
          Audit log
        </Anchor>
      </Group>
      <Loaded query={operations}>
        {(all) => {
          const list = all.filter((operation) => operation.kind.startsWith(`${kind}.`)).slice(0, most);
          return list.length === 0 ? (
            <Text size="sm" c="dimmed">
              No activity yet
            </Text>
          ) : (
            <Stack gap="md">
              {list.map((operation) => (
                <OperationSteps key={operation.id} operation={operation} />
              ))}
            </Stack>
          );
        }}
      </Loaded>
    </Card>
  );
}
