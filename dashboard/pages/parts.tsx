import { Button, Checkbox, Group, Radio, SimpleGrid, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import type { Operation } from '@raffia/client/client.ts';
import { vmStatuses } from '@raffia/contract/vm-states.ts';
import { Play, Plus, Server, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { BulkProgress } from '../parts/bulk-progress.tsx';
import { CopyIcon } from '../parts/copy.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { Meter } from '../parts/meter.tsx';
import { EmptyState, ErrorNotice, PageHead } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable, type Selection } from '../parts/resource-table.tsx';
import { Section } from '../parts/section.tsx';
import { SelectionBar } from '../parts/selection-bar.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { type Shape, State } from '../parts/state-shape.tsx';
import { Strand } from '../parts/strand.tsx';
import { TabLinks } from '../parts/tab-links.tsx';
import { TagChip, TagChips } from '../parts/tag-chip.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { VmState } from '../parts/vm-status.tsx';
import { type Token, token } from '../theme.ts';
import tokens from '../tokens.json' with { type: 'json' };

const shapes: readonly Shape[] = ['on', 'off', 'changing', 'failed', 'attention', 'waiting', 'done'];

interface Thing {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly made: string;
}

const things: readonly Thing[] = [
  { id: '1', name: 'db-main', address: '198.18.0.12', made: '2026-03-01T10:00:00Z' },
  {
    id: '2',
    name: 'build-runner-with-a-rather-long-name-münster-04',
    address: '198.18.0.156',
    made: '2026-11-20T10:00:00Z',
  },
  { id: '3', name: 'worker-α', address: '10.6.0.8', made: '2025-11-20T10:00:00Z' },
];

const columns: readonly Column<Thing>[] = [
  { id: 'name', title: 'Name', priority: 1, width: 160, sort: ({ name }) => name, cell: () => null },
  { id: 'state', title: 'State', priority: 2, width: 110, cell: () => <State shape="on">Running</State> },
  {
    id: 'address',
    title: 'Address',
    priority: 3,
    width: 150,
    cell: ({ address }) => (
      <span className="copyable">
        <span className="mono">{address}</span>
        <span className="on-row">
          <CopyIcon value={address} label={`Copy ${address}`} />
        </span>
      </span>
    ),
  },
  { id: 'tags', title: 'Tags', priority: 6, width: 140, cell: () => <TagChips names={['db', 'prod', 'eu']} /> },
  {
    id: 'made',
    title: 'Created',
    priority: 5,
    width: 120,
    isFigure: true,
    sort: ({ made }) => made,
    cell: ({ made }) => <RelativeTime time={made} />,
  },
];

const operation: Operation = {
  id: '0',
  kind: 'vm.create',
  status: 'failed',
  resource_id: '0',
  project_id: '0',
  created_by: '0',
  created_at: '2026-11-24T12:00:00Z',
  finished_at: '2026-11-24T12:00:02Z',
  error: 'no host has 1 GB of memory free',
  steps: [
    { name: 'take up', status: 'done', finished_at: '2026-11-24T12:00:00.1Z' },
    { name: 'build the machine', status: 'failed' },
    { name: 'start the machine', status: 'waiting' },
  ],
};

/** All tokens and parts on one page, where Raffia is developed: to be looked at, in light and in dark. */
export default function Parts() {
  const [selection, setSelection] = useState<Selection>({ 1: true });
  const selected = things.filter(({ id }) => selection[id] === true);
  return (
    <Stack>
      <PageHead title="Parts" count={things.length} about="Tokens and parts, as pages use them." />
      <Section title="Colours">
        <SimpleGrid cols={{ base: 2, xs: 4, md: 6 }} spacing="xs">
          {(Object.keys(tokens.light) as Token[]).map((name) => (
            <Group key={name} gap="xs" wrap="nowrap">
              <span
                style={{
                  background: token(name),
                  border: `1px solid ${token('line-strong')}`,
                  borderRadius: 4,
                  flex: 'none',
                  height: 24,
                  width: 24,
                }}
              />
              <Text size="xs" className="breaking">
                {name}
              </Text>
            </Group>
          ))}
        </SimpleGrid>
      </Section>
      <Section title="Type">
        <Title order={1}>Page title 21/28</Title>
        <Title order={3}>Section 14.5/20</Title>
        <Text>Body 13.5/20: 1,234.5 l I 1</Text>
        <Text size="xs" c="dimmed">
          Small and hints 12.5/18
        </Text>
        <Text className="mono">198.18.0.156 fe80::1 0O {'=>'} !=</Text>
      </Section>
      <Section title="Buttons and fields">
        <Group>
          <Button leftSection={<Plus size={16} aria-hidden />}>Create VM</Button>
          <Button variant="default">Restart</Button>
          <Button variant="subtle">Show</Button>
          <Button variant="default" color="danger">
            Delete…
          </Button>
          <Button color="danger">Delete db-main</Button>
          <Button variant="default" disabled>
            Start
          </Button>
          <Button loading>Create VM</Button>
        </Group>
        <Group align="flex-end">
          <TextInput label="Name" description="Also the host name" placeholder="web-01" />
          <TextInput label="Port" defaultValue="80:" error="A port is a number from 1 to 65535" />
          <Checkbox label="Backups" defaultChecked />
          <Radio label="SSH key" defaultChecked />
          <Switch label="Public IPv4" defaultChecked />
        </Group>
      </Section>
      <Section title="States">
        <Group gap="lg">
          {shapes.map((shape) => (
            <State key={shape} shape={shape}>
              {shape}
            </State>
          ))}
        </Group>
        <Group gap="lg">
          {vmStatuses.map((status) => (
            <VmState key={status} status={status} />
          ))}
        </Group>
        <Group gap="xs">
          <TagChip>prod</TagChip>
          <TagChip kind="info">High limit</TagChip>
          <TagChip kind="straw">Full access</TagChip>
          <TagChip kind="warn">Expires soon</TagChip>
          <TagChip kind="danger">Failed</TagChip>
          <TagChip kind="accent">Active</TagChip>
        </Group>
      </Section>
      <Section title="Strand">
        <Strand label="3 of 5 done, 1 under way" counts={{ done: 3, changing: 1, open: 1 }} />
        <Strand label="VMs by state" counts={{ done: 18, changing: 2, off: 3, failed: 1 }} />
        <Meter label="VMs after this" used={24} more={2} limit={30} />
        <Meter label="vCPUs" used={118} limit={null} />
      </Section>
      <TabLinks
        label="Tabs"
        current="overview"
        tabs={[
          { id: 'overview', label: 'Overview', to: '/parts' },
          { id: 'storage', label: 'Storage', to: '/parts?tab=storage', count: 2 },
        ]}
      />
      <FactsCard
        facts={[
          { label: 'Public IPv4', value: '198.18.0.12', copy: '198.18.0.12', isMono: true },
          { label: 'System', value: 'Debian 13' },
          { label: 'Size', value: '8 vCPU · 32 GB' },
          { label: 'Disks', value: '240 GB + 500 GB' },
          { label: 'Price', value: '$152.99 a month' },
          { label: 'Backups', value: undefined },
        ]}
      />
      <ResourceTable
        label="Things"
        things="things"
        columns={columns}
        items={things}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        linkOf={() => '/parts'}
        actsOf={() => [
          { label: 'Start', icon: Play, refused: 'Only a stopped VM can be started' },
          { label: 'Delete…', icon: Trash2, isDangerous: true },
        ]}
        selection={selection}
        onSelect={setSelection}
        foot="What is below the last row"
      />
      <ResourceTable
        label="Nothing"
        things="VMs"
        columns={columns}
        items={[]}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
      />
      <Skeleton shape="list" label="What loading looks like" />
      <EmptyState icon={Server} title="No VMs in Production" action={<Button>Create VM</Button>}>
        Choose a system and a size; a VM starts in under a minute.
      </EmptyState>
      <ErrorNotice error={new Error("Couldn't stop web-01. It is already stopping. Wait until it has stopped.")} />
      <Section title="Timeline">
        <Timeline operation={operation} />
      </Section>
      <BulkProgress
        title="Stopping 3 VMs"
        total={3}
        done={1}
        failures={[{ item: { name: 'web-01' }, reason: 'It is already stopping' }]}
        isRunning={false}
        onRetry={() => undefined}
        onClose={() => undefined}
      />
      {selected.length > 0 && (
        <SelectionBar
          items={selected}
          hidden={1}
          onRemove={(id) => setSelection({ ...selection, [id]: false })}
          onShow={() => undefined}
          onClear={() => setSelection({})}
          acts={[
            { verb: 'Start', icon: Play, count: 0, onSelect: () => undefined },
            { verb: 'Delete', icon: Trash2, count: 1, isDangerous: true, asks: true, onSelect: () => undefined },
          ]}
        />
      )}
    </Stack>
  );
}
