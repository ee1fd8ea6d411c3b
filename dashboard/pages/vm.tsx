import { Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { Link, Navigate, useLocation, useParams } from 'react-router';
import { useOperations } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { Loaded } from '../parts/notices.tsx';
import { OperationSteps } from '../parts/operations.tsx';
import { monthly } from '../parts/price.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { TabLinks } from '../parts/tab-links.tsx';
import { VmState } from '../parts/vm-status.tsx';
import { Actions, PowerBar } from './vm/actions.tsx';
import { Networks } from './vm/networks.tsx';
import { Notes, Tags } from './vm/tags-notes.tsx';

const tabs = [
  { id: 'overview', label: 'Overview' },
  { id: 'network', label: 'Network' },
  { id: 'activity', label: 'Activity' },
  { id: 'settings', label: 'Settings' },
] as const;

export default function VmPage() {
  const { id = '' } = useParams();
  const { account, api } = useCurrent();
  const vm = useQuery({
    queryKey: [account.id, 'vm', id],
    queryFn: async ({ signal }) => (await api.getVM({ id }, { signal })).data,
  });
  return (
    <Loaded query={vm} shape="detail">
      {(found) => <Details vm={found} />}
    </Loaded>
  );
}

function Details({ vm }: { vm: VM }) {
  const { has, toThing, projects } = useScope();
  const { search } = useLocation();
  const { tab = 'overview' } = useParams();
  const home = `vms/${vm.id}`;
  const addressOf = (id: string) => toThing(id === 'overview' ? home : `${home}/${id}`, vm.project_id);
  // An address that names another project than the VM's own, or no part of its page.
  if (!has(vm) || !tabs.some(({ id }) => id === tab)) {
    const known = tabs.some(({ id }) => id === tab) ? tab : 'overview';
    return <Navigate to={`${addressOf(known)}${search}`} replace />;
  }
  return (
    <Stack gap={4}>
      <DetailHead
        name={vm.name}
        state={
          <>
            <VmState status={vm.status} />
            {vm.status === 'failure' && vm.status_reason !== undefined && (
              <Text size="sm" c="var(--raffia-danger)">
                {vm.status_reason}
              </Text>
            )}
          </>
        }
        actions={<PowerBar vm={vm} />}
      />
      <FactsCard
        facts={[
          { label: 'Public IPv4', value: vm.public_ipv4_address, copy: vm.public_ipv4_address, isMono: true },
          { label: 'Private IPv4', value: vm.private_ipv4_address, copy: vm.private_ipv4_address, isMono: true },
          { label: 'System', value: `${vm.template_name} ${vm.template_version}` },
          { label: 'Size', value: `${vm.cpu} vCPU · ${vm.ram} GB` },
          {
            label: 'Disks',
            value: vm.added_storage > 0 ? `${vm.storage} GB + ${vm.added_storage} GB` : `${vm.storage} GB`,
          },
          { label: 'Price', value: `${monthly(vm.price_per_hour)} a month` },
        ]}
      />
      <TabLinks label="VM" current={tab} tabs={tabs.map((one) => ({ ...one, to: addressOf(one.id) }))} />
      {tab === 'overview' && <Overview vm={vm} projectName={projects.find(({ id }) => id === vm.project_id)?.name} />}
      {tab === 'network' && <Networks vm={vm} />}
      {tab === 'activity' && <Activity vm={vm} most={20} />}
      {tab === 'settings' && <Actions vm={vm} />}
    </Stack>
  );
}

function Overview({ vm, projectName }: { vm: VM; projectName: string | undefined }) {
  const facts = [
    [
      'ID',
      <span key="id" className="mono">
        {vm.id}
      </span>,
    ],
    ['Project', projectName ?? '–'],
    ['Region', vm.region],
    ['Billing', vm.billing_type === 'subscription' ? 'Monthly' : 'Hourly'],
    ['Created', <RelativeTime key="c" time={vm.created_at} />],
  ] as const;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Activity vm={vm} most={3} />
        <Stack>
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
          <Tags vm={vm} />
        </Stack>
      </SimpleGrid>
      <Notes vm={vm} />
    </Stack>
  );
}

/** The latest operations on a VM, with their steps. */
function Activity({ vm, most }: { vm: VM; most: number }) {
  const { to, toThing } = useScope();
  const operations = useOperations({ resource_id: vm.id, limit: most });
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Recent activity
        </Title>
        <Anchor
          component={Link}
          size="sm"
          to={most < 20 ? toThing(`vms/${vm.id}/activity`, vm.project_id) : to('account', 'audit?verb=vm')}
        >
          {most < 20 ? 'All activity' : 'Audit log'}
        </Anchor>
      </Group>
      <Loaded query={operations}>
        {(list) =>
          list.length === 0 ? (
            <Text size="sm" c="dimmed">
              No activity yet
            </Text>
          ) : (
            <Stack gap="md">
              {list.map((operation) => (
                <OperationSteps key={operation.id} operation={operation} />
              ))}
              {list.length === 20 && (
                <Text size="sm" c="dimmed">
                  Older activity in the audit log
                </Text>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Card>
  );
}
