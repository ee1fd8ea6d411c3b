import { Group, Text } from '@mantine/core';
import { Strand } from './strand.tsx';

/** How much of a quota is used, and with what is asked for. */
export function Meter({
  label,
  used,
  more = 0,
  limit,
}: {
  label: string;
  used: number;
  /** What is asked for beside it. */
  more?: number;
  limit: number | null;
}) {
  const total = used + more;
  const words =
    limit === null
      ? `${total.toLocaleString('en')} in use, no limit`
      : `${total.toLocaleString('en')} of ${limit.toLocaleString('en')}`;
  const over = limit !== null && total > limit;
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed">
          {label}
        </Text>
        <Text size="xs" c={over ? 'var(--raffia-danger)' : undefined}>
          {words}
        </Text>
      </Group>
      {limit !== null && (
        <Strand
          label={`${label}: ${words}`}
          counts={{ done: used, [over ? 'failed' : 'changing']: more, open: Math.max(0, limit - total) }}
        />
      )}
    </div>
  );
}
