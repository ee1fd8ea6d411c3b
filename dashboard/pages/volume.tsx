import { Button, Card, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { Volume } from '@raffia/client/client.ts';
import { Navigate, useLocation, useNavigate, useParams } from 'react-router';
import { useSnapshots, useVolume } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { ActivityCard } from '../parts/activity-card.tsx';
import { Snippets } from '../parts/copy.tsx';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { Loaded } from '../parts/notices.tsx';
import { monthly } from '../parts/price.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { ResourceTable } from '../parts/resource-table.tsx';
import { RowMenu } from '../parts/row-menu.tsx';
import { useSnapshotColumns } from '../parts/snapshot-columns.tsx';
import { useSnapshotActs } from '../parts/use-snapshot-acts.tsx';
import { useVmOf } from '../parts/use-vm-of.ts';
import { useVolumeActs } from '../parts/use-volume-acts.tsx';
import { VmLink } from '../parts/vm-link.tsx';
import { volumeCommands } from '../parts/volume-commands.ts';
import { VolumeState } from '../parts/volume-state.tsx';

export default function VolumePage() {
  const { id = '' } = useParams();
  const volume = useVolume(Number(id));
  return (
    <Loaded query={volume} shape="detail">
      {(found) => <Details volume={found} />}
    </Loaded>
  );
}

function Details({ volume }: { volume: Volume }) {
  const { has, to, toThing, projects } = useScope();
  const { search } = useLocation();
  const navigate = useNavigate();
  const vmOf = useVmOf();
  const { actsOf, dialog } = useVolumeActs({
    onDeleted: () => void navigate(to('project', 'volumes'), { replace: true }),
  });
  // An address that names another project than the volume's own.
  if (!has(volume)) return <Navigate to={`${toThing(`volumes/${volume.id}`, volume.project_id)}${search}`} replace />;
  const vm = vmOf(volume.product_vm);
  const acts = actsOf(volume);
  const first = acts.filter(
    ({ label, refused }) =>
      (label === (volume.product_vm === undefined ? 'Attach…' : 'Detach…') || label === 'Grow…') &&
      refused === undefined,
  );
  return (
    <Stack gap={4}>
      <DetailHead
        name={volume.name}
        acts={acts}
        state={
          <>
            <VolumeState status={volume.status} />
            {volume.status === 'available' && (
              <Text size="sm" c="dimmed">
                Attached to no VM, and billed
              </Text>
            )}
          </>
        }
        actions={
          <>
            {first.map(({ label, icon: Icon, onSelect }, at) => (
              <Button
                key={label}
                variant={at === 0 && label === 'Attach…' ? 'filled' : 'default'}
                {...(Icon === undefined ? {} : { leftSection: <Icon size={14} aria-hidden /> })}
                {...(onSelect === undefined ? {} : { onClick: onSelect })}
              >
                {label}
              </Button>
            ))}
            <RowMenu name={volume.name} acts={acts.filter((one) => !first.includes(one))} />
          </>
        }
      />
      <FactsCard
        facts={[
          {
            label: 'Attached to',
            value: volume.product_vm === undefined ? undefined : <VmLink id={volume.product_vm} vm={vm} />,
          },
          { label: 'Size', value: `${volume.size.toLocaleString('en')} GB` },
          { label: 'Price', value: `${monthly(volume.price_per_hour ?? 0)} a month` },
          { label: 'Project', value: projects.find(({ id }) => id === volume.project_id)?.name },
          { label: 'Region', value: volume.region },
          {
            label: 'Created',
            value: volume.created_at === undefined ? undefined : <RelativeTime time={volume.created_at} />,
          },
        ]}
      />
      <SimpleGrid cols={{ base: 1, md: 2 }} mt={12}>
        <Card withBorder>
          <Title order={2} size="h4" mb="sm">
            Use it in a VM
          </Title>
          <Text size="sm" c="dimmed" mb="sm">
            Linux shows the first volume of a VM as /dev/vdb, the next as /dev/vdc. A container has it under
            /mnt/volume-{volume.id} without a command.
          </Text>
          <Snippets snippets={volumeCommands} />
        </Card>
        <ActivityCard id={String(volume.id)} kind="volume" most={5} />
      </SimpleGrid>
      <VolumeSnapshots volume={volume} />
      {dialog}
    </Stack>
  );
}

function VolumeSnapshots({ volume }: { volume: Volume }) {
  const snapshots = useSnapshots({ volume_id: volume.id });
  const columns = useSnapshotColumns({ hasSource: false });
  const { actsOf, dialog } = useSnapshotActs();
  return (
    <section aria-labelledby="snapshots">
      <Title id="snapshots" order={2} size="h4" mt="md" mb="xs">
        Snapshots
      </Title>
      <ListStates
        query={snapshots}
        things="snapshots"
        empty={
          <Text size="sm" c="dimmed">
            None yet. Take one before you change something that you may want back.
          </Text>
        }
      >
        {(list) => (
          <ResourceTable
            label={`Snapshots of ${volume.name}`}
            things="snapshots"
            columns={columns}
            items={list}
            idOf={({ id }) => String(id)}
            nameOf={({ name }) => name}
            actsOf={actsOf}
          />
        )}
      </ListStates>
      {dialog}
    </section>
  );
}
