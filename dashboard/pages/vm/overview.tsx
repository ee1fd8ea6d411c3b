import { Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { lazy, Suspense } from 'react';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { ActivityCard } from './activity.tsx';
import { Protection } from './protection.tsx';
import { Notes, Tags } from './tags-notes.tsx';

/** With what draws them, which is half of what the page needs otherwise. */
const graphs = import('./graphs.tsx');
const Graphs = lazy(() => graphs);

export default function Overview({ vm }: { vm: VM }) {
  const facts = [
    ['Region', vm.region],
    ['Billing', vm.billing_type === 'subscription' ? 'Monthly' : 'Hourly'],
    ['Created', <RelativeTime key="c" time={vm.created_at} />],
    ['Changed', <RelativeTime key="u" time={vm.updated_at} />],
  ] as const;
  return (
    <Stack>
      <Suspense fallback={<Skeleton shape="cards" isWithHead={false} />}>
        <Graphs vm={vm} />
      </Suspense>
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Stack>
          <ActivityCard vm={vm} most={3} />
          <Tags vm={vm} />
        </Stack>
        <Stack>
          <Protection vm={vm} />
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              Details
            </Title>
            <Stack gap={6}>
              {facts.map(([label, value]) => (
                <Group key={label} justify="space-between" wrap="nowrap" gap="md">
                  <Text size="sm" c="dimmed">
                    {label}
                  </Text>
                  <Text size="sm" ta="right" className="breaking">
                    {value}
                  </Text>
                </Group>
              ))}
            </Stack>
          </Card>
        </Stack>
      </SimpleGrid>
      <Notes vm={vm} />
    </Stack>
  );
}
