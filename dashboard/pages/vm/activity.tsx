import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { Link } from 'react-router';
import { useOperations } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { OperationSteps } from '../../parts/operations.tsx';

/** How many the page of activity shows. */
const most = 20;

export default function Activity({ vm }: { vm: VM }) {
  return <ActivityCard vm={vm} most={most} />;
}

/** The latest operations on a VM, with their steps. */
export function ActivityCard({ vm, most: shown }: { vm: VM; most: number }) {
  const { to, toThing } = useScope();
  const operations = useOperations({ resource_id: vm.id, limit: shown });
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Recent activity
        </Title>
        <Anchor
          component={Link}
          size="sm"
          to={shown < most ? toThing(`vms/${vm.id}/activity`, vm.project_id) : to('account', 'audit?verb=vm')}
        >
          {shown < most ? 'All activity' : 'Audit log'}
        </Anchor>
      </Group>
      <Loaded query={operations}>
        {(list) =>
          list.length === 0 ? (
            <Text size="sm" c="dimmed">
              No activity yet
            </Text>
          ) : (
            <Stack gap="md">
              {list.map((operation) => (
                <OperationSteps key={operation.id} operation={operation} />
              ))}
              {list.length === most && (
                <Text size="sm" c="dimmed">
                  Older activity in the audit log
                </Text>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Card>
  );
}
