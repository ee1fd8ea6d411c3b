import { Group, Progress, Text } from '@mantine/core';

export function Meter({ label, used, limit }: { label: string; used: number; limit: number | null }) {
  const share = limit === null || limit === 0 ? 0 : Math.min(100, (used / limit) * 100);
  return (
    <div>
      <Group justify="space-between">
        <Text size="sm">{label}</Text>
        <Text size="sm">
          {used} {limit === null ? 'used, no limit' : `of ${limit}`}
        </Text>
      </Group>
      <Progress value={share} color={share >= 90 ? 'red.8' : 'palm'} aria-label={`${label} used`} />
    </div>
  );
}
