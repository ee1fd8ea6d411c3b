import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { Backup, VM } from '@raffia/client/client.ts';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useBackupSchedules, useBackups } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { megabytes } from '../../parts/megabytes.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { nextRunOf, rhythmOf, slotsOf } from '../../parts/schedule-words.ts';
import { type Shape, StateShape } from '../../parts/state-shape.tsx';

/** Whether a machine could be put back, and to when. Absent for whoever sees no backups. */
export function Protection({ vm }: { vm: VM }) {
  const { toThing } = useScope();
  const { data: backups } = useBackups({ vm_id: vm.id });
  const { data: schedules } = useBackupSchedules({ vm_id: vm.id });
  if (backups === undefined || schedules === undefined) return null;
  const newest = newestOf(backups, 'ready');
  const failed = newestOf(backups, 'failed');
  const hasFailedSince = failed !== undefined && (failed.created_at ?? '') > (newest?.created_at ?? '');
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Protection
        </Title>
        <Anchor component={Link} size="sm" to={toThing(`vms/${vm.id}/backups`, vm.project_id)}>
          Backups
        </Anchor>
      </Group>
      <Stack gap={6}>
        {hasFailedSince && (
          <Line shape="failed" end={<RelativeTime time={failed.created_at ?? ''} />}>
            The last backup failed{failed.status_reason !== undefined && `: ${failed.status_reason}`}
          </Line>
        )}
        {newest === undefined ? (
          <Line shape="attention">No backup yet</Line>
        ) : (
          <Line shape="done" end={megabytes(newest.storage_size)}>
            Last backup <RelativeTime time={newest.created_at ?? ''} />
          </Line>
        )}
        {schedules.length === 0 && <Line shape="attention">No backups are scheduled</Line>}
        {schedules.map((schedule) => {
          const slots = slotsOf(schedule);
          return (
            <Line
              key={schedule.id}
              shape="waiting"
              {...(slots === null
                ? {}
                : {
                    end: (
                      <>
                        next <RelativeTime time={nextRunOf(slots)} />
                      </>
                    ),
                  })}
            >
              {slots === null ? schedule.name : rhythmOf(slots)}, keeps {schedule.keep_count.toLocaleString('en')}
            </Line>
          );
        })}
      </Stack>
    </Card>
  );
}

const newestOf = (backups: readonly Backup[], status: string): Backup | undefined =>
  backups
    .filter((one) => one.status === status)
    .toSorted((a, b) => (b.created_at ?? '').localeCompare(a.created_at ?? ''))[0];

function Line({ shape, end, children }: { shape: Shape; end?: ReactNode; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="md">
      <Group wrap="nowrap" gap="xs" align="baseline">
        <StateShape shape={shape} />
        <Text size="sm">{children}</Text>
      </Group>
      {end !== undefined && (
        <Text size="sm" c="dimmed" ta="right">
          {end}
        </Text>
      )}
    </Group>
  );
}
