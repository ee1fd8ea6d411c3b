import { Alert, Anchor, Card, Group, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { KeyRound, TriangleAlert } from 'lucide-react';
import { Link } from 'react-router';
import { useAccount, useApiKeys, useOperations, useVms } from '../api/lists.ts';
import { useCurrent, useMay } from '../api/session.tsx';
import { Loaded, PageHead } from '../parts/notices.tsx';
import { OperationLine } from '../parts/operations.tsx';
import { relative } from '../parts/time.tsx';
import { keyState } from './api-keys.tsx';

const soonMs = 14 * 86_400_000;

export default function Overview() {
  const { account } = useCurrent();
  const may = useMay();
  return (
    <Stack>
      <PageHead
        title={account.name}
        about={account.role_name === undefined ? 'Member of projects' : `You are here as ${account.role_name}`}
      />
      <EndingKeys />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {may('vm.view') && <Machines />}
        <Quota />
      </SimpleGrid>
      {may('vm.view') && <Recent />}
    </Stack>
  );
}

/** Keys that end soon: whoever uses them should hear of it before they do. */
function EndingKeys() {
  const keys = useApiKeys();
  const ending = (keys.data ?? []).filter(
    (key) => key.expires_at !== undefined && key.is_active && Date.parse(key.expires_at) - Date.now() < soonMs,
  );
  if (ending.length === 0) return null;
  return (
    <Alert color="yellow" variant="outline" icon={<KeyRound size={18} aria-hidden />} title="API keys that end">
      {ending.map((key) => (
        <div key={key.id}>
          <Anchor component={Link} to={`/api-keys/${key.id}`} size="sm" underline="always">
            {key.name}
          </Anchor>{' '}
          {keyState(key) === 'expired' ? 'expired' : 'expires'} {relative(key.expires_at ?? '')}
        </div>
      ))}
    </Alert>
  );
}

function Machines() {
  const vms = useVms();
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Virtual machines
      </Title>
      <Loaded query={vms}>
        {(list) => {
          const count = (statuses: readonly string[]) => list.filter(({ status }) => statuses.includes(status)).length;
          const failed = count(['failure']);
          return list.length === 0 ? (
            <Text size="sm">
              None yet.{' '}
              <Anchor component={Link} to="/vms/new" underline="always">
                Create the first
              </Anchor>
            </Text>
          ) : (
            <Stack gap="xs">
              <SimpleGrid cols={4} spacing="xs" maw={380}>
                <Figure value={count(['active'])} label="running" />
                <Figure value={count(['passive'])} label="stopped" />
                <Figure value={count(['initiating', 'provisioning', 'booting', 'finalizing'])} label="on their way" />
                <Figure value={failed} label="failed" />
              </SimpleGrid>
              {failed > 0 && (
                <Group gap={6}>
                  <TriangleAlert size={16} aria-hidden />
                  <Anchor component={Link} to="/vms?status=failure" size="sm" underline="always">
                    Look at what failed
                  </Anchor>
                </Group>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Figure({ value, label }: { value: number; label: string }) {
  return (
    <div>
      <Text size="xl" fw={700}>
        {value}
      </Text>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
    </div>
  );
}

function Quota() {
  const account = useAccount();
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Quota
      </Title>
      <Loaded query={account}>
        {({ quota, high_tier_keys, balance }) => (
          <Stack gap="sm">
            <Meter label="VMs" {...quota.vms} />
            <Meter label="vCPUs" {...quota.vcpus} />
            <Meter label="RAM, GB" {...quota.ram_gb} />
            {high_tier_keys.limit !== 0 && <Meter label="High-tier keys" {...high_tier_keys} />}
            {balance !== undefined && (
              <Text size="sm">
                Balance <b>${Number(balance).toLocaleString('en')}</b>
              </Text>
            )}
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}

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

function Recent() {
  const operations = useOperations({ limit: 8 });
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Latest work
      </Title>
      <Loaded query={operations}>
        {(list) =>
          list.length === 0 ? (
            <Text size="sm">What is done to machines shows here, step by step.</Text>
          ) : (
            <Stack gap="xs">
              {list.map((operation) => (
                <OperationLine key={operation.id} operation={operation} />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Card>
  );
}
