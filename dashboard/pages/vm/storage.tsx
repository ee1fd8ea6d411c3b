import { Anchor, Card, Group, Stack, Text } from '@mantine/core';
import type { VM, Volume } from '@raffia/client/client.ts';
import { Disc3, HardDrive, HardDriveUpload, Link2, Plus } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useVolumes } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { useMay } from '../../api/session.tsx';
import { ActButton } from '../../parts/act-button.tsx';
import { monthlyColumn, sinceColumn } from '../../parts/columns.tsx';
import { ListStates } from '../../parts/list-states.tsx';
import { EmptyState } from '../../parts/notices.tsx';
import { lacks } from '../../parts/refusals.ts';
import { type Column, ResourceTable } from '../../parts/resource-table.tsx';
import { systemInWords } from '../../parts/system-words.ts';
import { useVmRefusal } from '../../parts/use-vm-refusal.ts';
import { useVolumeActs } from '../../parts/use-volume-acts.tsx';
import { AttachVolumeDialog, CreateVolumeDialog } from '../../parts/volume-dialogs.tsx';
import { VolumeState } from '../../parts/volume-state.tsx';
import type { ActName } from './acts.ts';
import { TabHead } from './tab-head.tsx';

const VmDialog = lazy(() => import('./dialogs.tsx'));

/** The system disk, and the volumes that are attached. */
export default function Storage({ vm }: { vm: VM }) {
  const { toThing } = useScope();
  const may = useMay();
  const refusal = useVmRefusal();
  const volumes = useVolumes({ vm_id: vm.id });
  const [disk, setDisk] = useState<ActName | null>(null);
  const [open, setOpen] = useState<'attach' | 'create' | null>(null);
  const { actsOf, dialog } = useVolumeActs();
  const columns = useColumns();
  const creates = may('volume.create', vm.project_id)
    ? refusal(vm, 'attachNewVolume', 'volume.create')
    : lacks('volume.create');
  const attach = (
    <ActButton
      label="Attach volume"
      icon={Link2}
      refused={refusal(vm, 'attachVolume', 'volume.attach')}
      onClick={() => setOpen('attach')}
    />
  );
  const create = <ActButton label="Create volume" icon={Plus} refused={creates} onClick={() => setOpen('create')} />;
  return (
    <Stack gap="sm">
      <TabHead title="System disk">
        <ActButton
          label="Save as image"
          icon={Disc3}
          refused={refusal(vm, 'saveImage', 'vm.manage')}
          onClick={() => setDisk('image')}
        />
        <ActButton
          label="Grow disk"
          icon={HardDriveUpload}
          refused={refusal(vm, 'resizeDisk', 'vm.manage')}
          onClick={() => setDisk('disk')}
        />
      </TabHead>
      <Card withBorder>
        <Group gap="xl">
          <Text size="sm" fw={500}>
            {vm.storage.toLocaleString('en')} GB
          </Text>
          <Text size="sm" c="dimmed">
            {systemInWords(vm.template_name, vm.template_version)}
          </Text>
          <Anchor component={Link} size="sm" to={toThing(`vms/${vm.id}/snapshots`, vm.project_id)}>
            Snapshots
          </Anchor>
          <Anchor component={Link} size="sm" to={toThing(`vms/${vm.id}/backups`, vm.project_id)}>
            Backups
          </Anchor>
        </Group>
      </Card>
      <TabHead
        title="Volumes"
        count={volumes.data?.length}
        about="Extra disks that stay when the VM is deleted. Mount them inside the VM."
      >
        {attach}
        {create}
      </TabHead>
      <ListStates
        query={volumes}
        things="volumes"
        empty={
          <EmptyState icon={HardDrive} title={`No volumes on ${vm.name}`}>
            A volume is another disk, which can move to another VM. Create one, or attach one that is free.
          </EmptyState>
        }
      >
        {(list) => (
          <ResourceTable
            label={`Volumes of ${vm.name}`}
            things="volumes"
            columns={columns}
            items={list}
            idOf={({ id }) => String(id)}
            nameOf={({ name }) => name}
            linkOf={({ id, project_id }) => toThing(`volumes/${id}`, project_id)}
            actsOf={actsOf}
          />
        )}
      </ListStates>
      {dialog}
      {open === 'attach' && <AttachVolumeDialog vm={vm} onClose={() => setOpen(null)} />}
      {open === 'create' && <CreateVolumeDialog vm={vm} onClose={() => setOpen(null)} />}
      {disk !== null && (
        <Suspense>
          <VmDialog act={disk} vm={vm} onClose={() => setDisk(null)} />
        </Suspense>
      )}
    </Stack>
  );
}

function useColumns(): readonly Column<Volume>[] {
  return useMemo(
    () => [
      { id: 'name', title: 'Name', priority: 1, width: 160, sort: ({ name }) => name, cell: () => null },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 126,
        sort: ({ status }) => status,
        cell: ({ status }) => <VolumeState status={status} />,
      },
      {
        id: 'size',
        title: 'Size',
        priority: 3,
        width: 92,
        isFigure: true,
        sort: ({ size }) => size,
        cell: ({ size }) => `${size.toLocaleString('en')} GB`,
      },
      monthlyColumn({ priority: 5, width: 96 }),
      sinceColumn({ id: 'created', title: 'Created', priority: 5, width: 120 }),
    ],
    [],
  );
}
