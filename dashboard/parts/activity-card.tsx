import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { Operation } from '@raffia/client/client.ts';
import type { UseQueryResult } from '@tanstack/react-query';
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
    <WorkCard
      operations={operations}
      choose={(all) => all.filter((operation) => operation.kind.startsWith(`${kind}.`)).slice(0, most)}
      more={{ label: 'Audit log', to: to('account', `audit?verb=${kind}`) }}
    />
  );
}

/** @param isCut whether there may be older work than that, by how much is shown */
export function WorkCard({
  operations,
  choose = (all) => all,
  more,
  isCut = () => false,
}: {
  operations: UseQueryResult<Operation[]>;
  choose?: (all: Operation[]) => Operation[];
  more: { readonly label: string; readonly to: string };
  isCut?: (shown: number) => boolean;
}) {
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Recent activity
        </Title>
        <Anchor component={Link} size="sm" to={more.to}>
          {more.label}
        </Anchor>
      </Group>
      <Loaded query={operations}>
        {(all) => {
          const list = choose(all);
          return list.length === 0 ? (
            <Text size="sm" c="dimmed">
              No activity yet
            </Text>
          ) : (
            <Stack gap="md">
              {list.map((operation) => (
                <OperationSteps key={operation.id} operation={operation} />
              ))}
              {isCut(list.length) && (
                <Text size="sm" c="dimmed">
                  Older activity in the audit log
                </Text>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </Card>
  );
}
