import { Anchor, Button, Card, Group, SimpleGrid, Stack, Tabs, Text } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { Link, Navigate, useLocation, useParams } from 'react-router';
import { useOperations } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { Loaded, PageHead } from '../parts/notices.tsx';
import { OperationSteps } from '../parts/operations.tsx';
import { exactTime } from '../parts/times.ts';
import { VmState } from '../parts/vm-status.tsx';
import { Actions, PowerBar } from './vm/actions.tsx';
import { Networks } from './vm/networks.tsx';
import { Notes, Tags } from './vm/tags-notes.tsx';

export default function VmPage() {
  const { id = '' } = useParams();
  const { account, api } = useCurrent();
  const { to } = useScope();
  const vm = useQuery({
    queryKey: [account.id, 'vm', id],
    queryFn: async ({ signal }) => (await api.getVM({ id }, { signal })).data,
  });
  return (
    <>
      <Anchor component={Link} to={to('project', 'vms')} size="sm">
        <Group gap={4} mb="xs">
          <ArrowLeft size={14} aria-hidden /> All virtual machines
        </Group>
      </Anchor>
      <Loaded query={vm} shape="detail">
        {(found) => <Details vm={found} />}
      </Loaded>
    </>
  );
}

function Details({ vm }: { vm: VM }) {
  const { has, toThing } = useScope();
  const { search } = useLocation();
  const facts: [string, string | undefined][] = [
    ['Public IPv4', vm.public_ipv4_address],
    ['Private IPv4', vm.private_ipv4_address],
    ['System', `${vm.template_name} ${vm.template_version}`],
    ['Resources', `${vm.cpu} vCPU · ${vm.ram} GB · ${vm.total_storage} GB`],
    ['Price', `$${(Number(vm.price_per_hour) * 720).toFixed(2)} a month`],
    ['Billing', vm.billing_type === 'subscription' ? 'Subscription' : 'By the hour'],
    ['Region', vm.region],
    ['Created', exactTime(vm.created_at)],
  ];
  // An address that names another project than the machine's own.
  if (!has(vm)) return <Navigate to={`${toThing(`vms/${vm.id}`, vm.project_id)}${search}`} replace />;
  return (
    <Stack>
      <PageHead title={vm.name} about={<VmState status={vm.status} />} action={<PowerBar vm={vm} />} />
      <Card withBorder>
        <SimpleGrid cols={{ base: 2, sm: 4 }}>
          {facts.map(([label, value]) => (
            <div key={label}>
              <Text size="xs" c="dimmed">
                {label}
              </Text>
              <Group gap={2} wrap="nowrap">
                <Text size="sm" className={label.includes('IPv4') ? 'mono' : 'breaking'}>
                  {value ?? '–'}
                </Text>
                {label.includes('IPv4') && value !== undefined && (
                  <CopyIcon value={value} label={`Copy the ${label} address`} />
                )}
              </Group>
            </div>
          ))}
        </SimpleGrid>
      </Card>
      <Tabs defaultValue="activity" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="activity">Activity</Tabs.Tab>
          <Tabs.Tab value="actions">Actions</Tabs.Tab>
          <Tabs.Tab value="networks">Networks</Tabs.Tab>
          <Tabs.Tab value="tags">Tags and notes</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="activity">
          <Activity vm={vm} />
        </Tabs.Panel>
        <Tabs.Panel value="actions">
          <Actions vm={vm} />
        </Tabs.Panel>
        <Tabs.Panel value="networks">
          <Networks vm={vm} />
        </Tabs.Panel>
        <Tabs.Panel value="tags">
          <Stack>
            <Tags vm={vm} />
            <Notes vm={vm} />
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Activity({ vm }: { vm: VM }) {
  const { to } = useScope();
  const operations = useOperations({ resource_id: vm.id, limit: 20 });
  return (
    <Card withBorder>
      <Loaded query={operations}>
        {(list) => (
          <Stack gap="lg">
            {list.map((operation) => (
              <OperationSteps key={operation.id} operation={operation} />
            ))}
            {list.length === 20 && (
              <Group>
                <Button component={Link} to={to('account', 'audit?verb=vm')} variant="default" size="xs">
                  Older changes are in the audit log
                </Button>
              </Group>
            )}
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}
