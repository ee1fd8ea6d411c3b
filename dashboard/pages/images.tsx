import { Button } from '@mantine/core';
import type { SavedImage } from '@raffia/client/client.ts';
import { Disc3, Server, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useImages } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { useProjectColumn } from '../parts/columns.tsx';
import { DestroyDialog } from '../parts/destroy-dialog.tsx';
import { ColumnsMenu, FilterBar } from '../parts/filter-bar.tsx';
import { ListStates } from '../parts/list-states.tsx';
import { EmptyState, PageHead } from '../parts/notices.tsx';
import { lacks } from '../parts/refusals.ts';
import { RelativeTime } from '../parts/relative-time.tsx';
import { type Column, ResourceTable } from '../parts/resource-table.tsx';
import type { Act } from '../parts/row-menu.tsx';
import { type Shape, State } from '../parts/state-shape.tsx';
import { systemInWords } from '../parts/system-words.ts';
import { toast } from '../parts/toast.tsx';
import { useCount } from '../parts/use-count.ts';
import { useListState } from '../parts/use-list-state.ts';

const shown: Readonly<Record<SavedImage['status'], { word: string; shape: Shape }>> = {
  saving: { word: 'Copying disk', shape: 'changing' },
  ready: { word: 'Ready', shape: 'on' },
  failed: { word: 'Failed', shape: 'failed' },
};

/** Why nothing can be made from it. */
const unready: Readonly<Partial<Record<SavedImage['status'], string>>> = {
  saving: 'Its disk is being copied',
  failed: 'Saving it failed. Save it again.',
};

function useColumns(): readonly Column<SavedImage>[] {
  const inProject = useProjectColumn<SavedImage>(5);
  return useMemo((): readonly Column<SavedImage>[] => {
    return [
      {
        id: 'name',
        title: 'Name',
        priority: 1,
        width: 160,
        sort: ({ name }) => name,
        cell: ({ name }) => <b>{name}</b>,
      },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 130,
        sort: ({ status }) => status,
        cell: ({ status }) => (
          <State shape={shown[status].shape} status={status}>
            {shown[status].word}
          </State>
        ),
      },
      {
        id: 'system',
        title: 'System',
        priority: 3,
        width: 170,
        sort: ({ system, version }) => systemInWords(system, version),
        cell: ({ system, version }) => systemInWords(system, version),
      },
      {
        id: 'needs',
        title: 'Smallest size',
        priority: 4,
        width: 190,
        sort: ({ storage }) => storage,
        cell: ({ cpu, ram, storage }) => `${cpu} vCPU · ${ram} GB · ${storage} GB`,
      },
      inProject,
      {
        id: 'saved',
        title: 'Saved',
        priority: 5,
        width: 120,
        sort: ({ created_at }) => -Date.parse(created_at),
        cell: ({ created_at }) => <RelativeTime time={created_at} />,
      },
      { id: 'region', title: 'Region', priority: 6, width: 100, isHidden: true, cell: ({ region }) => region },
    ];
  }, [inProject]);
}

/** Disks that were saved, of the projects that are looked at. */
export default function Images() {
  const images = useImages();
  const { to, has, project } = useScope();
  const { api } = useCurrent();
  const [count, setCount] = useState<string | undefined>(undefined);
  const [deleting, setDeleting] = useState<SavedImage | null>(null);
  const remove = useChange((image: SavedImage) => api.deleteImage({ id: image.id }), {
    stale: ['images', 'account', 'audit'],
    onDone: (_, { name }) => {
      setDeleting(null);
      toast(`Deleting ${name}`, { isWork: true });
    },
  });
  return (
    <>
      <PageHead title="Images" count={count} about="Disks saved from VMs, to create new VMs from." />
      <ListStates
        query={images}
        things="images"
        filter={has}
        empty={
          <EmptyState
            icon={Disc3}
            title={`No images in ${project?.name ?? 'any project'}`}
            action={
              <Button component={Link} to={to('project', 'vms')} variant="default">
                Choose a VM
              </Button>
            }
          >
            Set up a VM as you need it, then save it as an image. New VMs from the image start where it was.
          </EmptyState>
        }
      >
        {(list) => <ImageList list={list} onCount={setCount} onDelete={setDeleting} />}
      </ListStates>
      {deleting !== null && (
        <DestroyDialog
          title={`Delete ${deleting.name}`}
          names={[deleting.name]}
          action={`Delete ${deleting.name}`}
          goes={["The image. No VM can be created or reinstalled from it. You can't undo this."]}
          stays={['VMs that were created from it']}
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => setDeleting(null)}
        />
      )}
    </>
  );
}

function ImageList({
  list,
  onCount,
  onDelete,
}: {
  list: readonly SavedImage[];
  onCount: (count: string) => void;
  onDelete: (image: SavedImage) => void;
}) {
  const may = useMay();
  const { toThing } = useScope();
  const columns = useColumns();
  const { q, chosen, setChosen, set, clear } = useListState();
  const text = q.trim().toLowerCase();
  const found = useMemo(
    () =>
      list.filter(({ name, system, version }) =>
        `${name} ${systemInWords(system, version)}`.toLowerCase().includes(text),
      ),
    [list, text],
  );
  useCount(found, list, onCount);
  const actsOf = (image: SavedImage): readonly Act[] => [
    {
      label: 'Create VM',
      icon: Server,
      to: toThing(`vms/new?system=${image.id}`, image.project_id),
      refused: !may('vm.create', image.project_id) ? lacks('vm.create') : unready[image.status],
    },
    {
      label: 'Delete…',
      icon: Trash2,
      isDangerous: true,
      refused: !may('vm.manage', image.project_id)
        ? lacks('vm.manage')
        : image.status === 'saving'
          ? unready.saving
          : undefined,
      onSelect: () => onDelete(image),
    },
  ];
  return (
    <>
      <FilterBar
        search={q}
        onSearch={(next) => set('q', next === '' ? null : next)}
        placeholder="Search name or system"
        found={found.length}
        total={list.length}
        things="images"
      >
        <ColumnsMenu columns={columns} chosen={chosen} onChange={setChosen} />
      </FilterBar>
      <ResourceTable
        label="Images"
        things="images"
        columns={columns}
        items={found}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        actsOf={actsOf}
        chosen={chosen}
        onClear={() => clear(['q'])}
      />
    </>
  );
}
