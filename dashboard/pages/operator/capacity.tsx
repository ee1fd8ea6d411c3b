import { Stack, Text } from '@mantine/core';
import type { CloudStatus } from '@raffia/client/client.ts';
import { Meter } from '../../parts/meter.tsx';
import { Section } from '../../parts/section.tsx';
import { Told } from './told.tsx';

const parts = [
  { of: 'cpu', label: 'vCPUs sold' },
  { of: 'ram', label: 'RAM sold, GB' },
  { of: 'disk', label: 'Disk sold, GB' },
] as const;

type Member = NonNullable<CloudStatus['hosts']['told']>['members'][number];

/** What all hosts together were given, and may be; null where a host does not say, or has no end. */
function sumOf(members: readonly Member[], of: (typeof parts)[number]['of']): { given: number; offers: number | null } {
  const online = members.filter(({ state }) => state === 'online');
  const given = members.reduce((sum, member) => sum + (member.given?.[of] ?? 0), 0);
  // A host that takes no machines counts with what it has given.
  const others = members
    .filter(({ state }) => state !== 'online')
    .reduce((sum, { given: own }) => sum + (own?.[of] ?? 0), 0);
  const known = online.every(({ offers }) => offers !== undefined);
  const offers = online.reduce((sum, member) => sum + (member.offers?.[of] ?? 0), others);
  return { given: Math.round(given), offers: known ? Math.floor(offers) : null };
}

/** What was sold, against what there is to sell. */
export function Capacity({ cloud: { hosts, addresses } }: { cloud: CloudStatus }) {
  return (
    <Section title="Capacity">
      <Told part={hosts}>
        {({ members, overcommit }) => (
          <Stack gap="sm">
            {parts.map(({ of, label }) => {
              const { given, offers } = sumOf(members, of);
              return <Meter key={of} label={label} used={given} limit={offers} />;
            })}
            {overcommit !== undefined && (
              <Text size="xs" c="dimmed">
                Each processor is sold {overcommit.cpu} times, RAM less {overcommit.reserved_ram} GB a host{' '}
                {overcommit.ram} times, disk {overcommit.disk} times.
              </Text>
            )}
          </Stack>
        )}
      </Told>
      <Told part={addresses}>
        {(counts) => (
          <Stack gap="sm">
            {counts.map(({ region, family, free, used, reserved, held }) => (
              <Meter
                key={`${region} ${family}`}
                label={`${family} in ${region}${held === 0 ? '' : `, ${held} held for found machines`}`}
                used={used + reserved + held}
                limit={free >= 2 ** 40 ? null : free + used + reserved + held}
              />
            ))}
          </Stack>
        )}
      </Told>
    </Section>
  );
}
