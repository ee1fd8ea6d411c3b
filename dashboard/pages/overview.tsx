import { Alert, Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { KeyRound, TriangleAlert } from 'lucide-react';
import { Link } from 'react-router';
import { useAccount, useApiKeys, useOperations, useVms } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { keyState } from '../parts/key-state.tsx';
import { Meter } from '../parts/meter.tsx';
import { Loaded, PageHead } from '../parts/notices.tsx';
import { OperationLine } from '../parts/operations.tsx';
import { plural } from '../parts/plural.ts';
import { relative } from '../parts/times.ts';

const soonMs = 14 * 86_400_000;

export default function Overview() {
  const { account } = useCurrent();
  const { project } = useScope();
  const may = useMay();
  return (
    <Stack>
      <PageHead
        title={project?.name ?? account.name}
        about={
          account.role_name === undefined
            ? `You are a member of ${plural(account.projects.length, 'project')}`
            : `You are ${account.role_name}`
        }
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
  const { to } = useScope();
  const ending = (keys.data ?? []).filter(
    (key) => key.expires_at !== undefined && key.is_active && Date.parse(key.expires_at) - Date.now() < soonMs,
  );
  if (ending.length === 0) return null;
  return (
    <Alert color="yellow" variant="outline" icon={<KeyRound size={18} aria-hidden />} title="API keys about to expire">
      {ending.map((key) => (
        <div key={key.id}>
          <Anchor component={Link} to={to('account', `api-keys/${key.id}`)} size="sm" underline="always">
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
  const { to, has } = useScope();
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Virtual machines
      </Title>
      <Loaded query={vms}>
        {(all) => {
          const list = all.filter(has);
          const count = (statuses: readonly string[]) => list.filter(({ status }) => statuses.includes(status)).length;
          const failed = count(['failure']);
          return list.length === 0 ? (
            <Text size="sm">
              <Anchor component={Link} to={to('project', 'vms/new')} underline="always">
                Create your first VM
              </Anchor>
            </Text>
          ) : (
            <Stack gap="xs">
              <SimpleGrid cols={4} spacing="xs" maw={380}>
                <Figure value={count(['active'])} label="running" />
                <Figure value={count(['passive'])} label="stopped" />
                <Figure value={count(['initiating', 'provisioning', 'booting', 'finalizing'])} label="changing" />
                <Figure value={failed} label="failed" />
              </SimpleGrid>
              {failed > 0 && (
                <Group gap={6}>
                  <TriangleAlert size={16} aria-hidden />
                  <Anchor component={Link} to={to('project', 'vms?status=failure')} size="sm" underline="always">
                    Show failed VMs
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

function Recent() {
  const operations = useOperations({ limit: 8 });
  const { has } = useScope();
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        Recent activity
      </Title>
      <Loaded query={operations}>
        {(all) => {
          const list = all.filter(has);
          return list.length === 0 ? (
            <Text size="sm">No activity yet. Everything that you and your keys do appears here.</Text>
          ) : (
            <Stack gap="xs">
              {list.map((operation) => (
                <OperationLine key={operation.id} operation={operation} />
              ))}
            </Stack>
          );
        }}
      </Loaded>
    </Card>
  );
}
