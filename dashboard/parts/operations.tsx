import { Anchor, Badge, Group, Stack, Text, Timeline } from '@mantine/core';
import type { Operation } from '@raffia/client/client.ts';
import { Link } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { Ago } from './time.tsx';

const colour = { pending: 'gray', running: 'blue', succeeded: 'palm.6', failed: 'red' } as const;

/** `vm.save-image` or `saveImage` as people say it. */
export function spoken(kind: string): string {
  const text = kind
    .replace(/^vm\./, '')
    .replace(/([A-Z])/g, ' $1')
    .replaceAll(/[-_.]/g, ' ')
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function OperationBadge({ status }: { status: Operation['status'] }) {
  return (
    <Badge variant="dot" color={colour[status]} tt="none">
      {status}
    </Badge>
  );
}

/** One piece of work in a line, with the reason where it failed. */
export function OperationLine({ operation }: { operation: Operation }) {
  const { toThing } = useScope();
  return (
    <div>
      <Group gap="xs">
        <OperationBadge status={operation.status} />
        <Text size="sm" component="span">
          {spoken(operation.kind)}{' '}
          {operation.kind.startsWith('vm.') ? (
            <Anchor
              component={Link}
              to={toThing(`vms/${operation.resource_id}`, operation.project_id)}
              underline="always"
            >
              {operation.resource_name ?? operation.resource_id}
            </Anchor>
          ) : (
            (operation.resource_name ?? operation.resource_id)
          )}
        </Text>
        <Text size="sm" c="dimmed" component="span">
          <Ago time={operation.created_at} />
        </Text>
      </Group>
      {operation.error !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)" className="breaking">
          {operation.error}
        </Text>
      )}
    </div>
  );
}

/** The steps of a piece of work, with how long each took. */
export function OperationSteps({ operation }: { operation: Operation }) {
  const active = operation.steps.filter(({ status }) => status === 'done').length - 1;
  let before = Date.parse(operation.created_at);
  return (
    <Stack gap="xs">
      <OperationLine operation={operation} />
      {operation.waiting_for !== undefined && <Text size="sm">Waiting: {operation.waiting_for}</Text>}
      <Timeline active={active} bulletSize={14} lineWidth={2} color={operation.status === 'failed' ? 'red' : 'palm'}>
        {operation.steps.map(({ name, status, finished_at }) => {
          const took = finished_at === undefined ? undefined : (Date.parse(finished_at) - before) / 1000;
          if (finished_at !== undefined) before = Date.parse(finished_at);
          return (
            <Timeline.Item key={name} title={<Text size="sm">{spoken(name)}</Text>}>
              <Text size="xs" c="dimmed">
                {took === undefined ? status : `${took.toFixed(1)} s`}
              </Text>
            </Timeline.Item>
          );
        })}
      </Timeline>
    </Stack>
  );
}
