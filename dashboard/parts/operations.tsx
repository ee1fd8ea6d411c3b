import { Anchor, Stack, Text } from '@mantine/core';
import type { Operation } from '@raffia/client/client.ts';
import { Link } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { actOf, pathOfThing } from './operation-words.ts';
import classes from './operations.module.css';
import { RelativeTime } from './relative-time.tsx';
import { type Shape, StateShape } from './state-shape.tsx';
import { Timeline } from './timeline.tsx';

const shown: Readonly<Record<Operation['status'], { word: string; shape: Shape }>> = {
  pending: { word: 'Waiting', shape: 'waiting' },
  running: { word: 'Running', shape: 'changing' },
  succeeded: { word: 'Done', shape: 'done' },
  failed: { word: 'Failed', shape: 'failed' },
};

/** One operation in a line, with the reason where it failed. */
export function OperationLine({ operation }: { operation: Operation }) {
  const { toThing } = useScope();
  const { word, shape } = shown[operation.status];
  const name = operation.resource_name ?? operation.resource_id;
  const path = pathOfThing(operation);
  return (
    <div className={classes.line}>
      <span className={classes.mark}>
        <StateShape shape={shape} />
        <span className="visually-hidden">{word}</span>
      </span>
      <span className={classes.words}>
        {actOf(operation.kind)}{' '}
        {path !== undefined && operation.resource_name !== undefined ? (
          <Anchor component={Link} to={toThing(path, operation.project_id)} c="inherit">
            <bdi>{name}</bdi>
          </Anchor>
        ) : (
          <bdi>{name}</bdi>
        )}
        {operation.error !== undefined && <span className={classes.reason}> {operation.error}</span>}
      </span>
      <span className={classes.time}>
        <RelativeTime time={operation.created_at} />
      </span>
    </div>
  );
}

/** The same with its steps. */
export function OperationSteps({ operation }: { operation: Operation }) {
  return (
    <Stack gap={4}>
      <OperationLine operation={operation} />
      {operation.waiting_for !== undefined && (
        <Text size="xs" c="dimmed">
          Waiting for {operation.waiting_for}
        </Text>
      )}
      <Timeline operation={operation} />
    </Stack>
  );
}
