import { Badge, Button, Card, Table, Text } from '@mantine/core';
import type { SavedImage } from '@raffia/client/client.ts';
import { Disc3 } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useImages, useProjects } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { actions, DataTable, RowAction } from '../parts/data-table.tsx';
import { DestroyDialog } from '../parts/destroy-dialog.tsx';
import { EmptyState, Loaded, PageHead } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';

const shown: Record<SavedImage['status'], { word: string; colour: string }> = {
  saving: { word: 'Copying disk', colour: 'blue' },
  ready: { word: 'Ready', colour: 'palm.6' },
  failed: { word: 'Failed', colour: 'red' },
};

/** Disks that were saved, of all projects that one may see. */
export default function Images() {
  const images = useImages();
  const { to, has, project } = useScope();
  const projects = useProjects();
  const may = useMay();
  const { api } = useCurrent();
  const [deleting, setDeleting] = useState<SavedImage | null>(null);
  const remove = useChange((image: SavedImage) => api.deleteImage({ id: image.id }), {
    stale: ['images', 'account', 'audit'],
    done: 'The image was deleted; VMs that were made from it stay',
    onDone: () => setDeleting(null),
  });
  const projectOf = (id: string) => projects.data?.find((project) => project.id === id)?.name ?? '–';
  return (
    <>
      <PageHead title="Images" about="Disks that were saved from VMs, to make new VMs from." />
      <Loaded query={images}>
        {(all) => {
          const list = all.filter(has);
          return list.length === 0 ? (
            <EmptyState
              icon={Disc3}
              title={`No images in ${project?.name ?? 'any project'}`}
              action={
                <Button component={Link} to={to('project', 'vms')} variant="default">
                  Choose a VM
                </Button>
              }
            >
              Set a VM up as you need it, then choose “Save as image” among its actions. New VMs made from the image
              start where it was.
            </EmptyState>
          ) : (
            <Card withBorder p={0}>
              <DataTable
                columns={[
                  'Name',
                  'Status',
                  { wide: 'System' },
                  { wide: 'Project' },
                  { wide: 'Needs' },
                  { wide: 'Saved' },
                  actions,
                ]}
              >
                {list.map((image) => (
                  <Table.Tr key={image.id}>
                    <Table.Td fw={600}>{image.name}</Table.Td>
                    <Table.Td>
                      <Badge variant="dot" color={shown[image.status].colour} tt="none" data-status={image.status}>
                        {shown[image.status].word}
                      </Badge>
                    </Table.Td>
                    <Table.Td className="wide">
                      <Text size="sm">{image.version}</Text>
                    </Table.Td>
                    <Table.Td className="wide">{projectOf(image.project_id)}</Table.Td>
                    <Table.Td className="wide">
                      {image.cpu} vCPU, {image.ram} GB RAM, {image.storage} GB disk
                    </Table.Td>
                    <Table.Td className="wide">
                      <RelativeTime time={image.created_at} />
                    </Table.Td>
                    <Table.Td ta="right">
                      <RowAction
                        disabled={!may('vm.manage', image.project_id) || image.status === 'saving'}
                        onClick={() => setDeleting(image)}
                      >
                        Delete…
                      </RowAction>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </DataTable>
            </Card>
          );
        }}
      </Loaded>
      {deleting !== null && (
        <DestroyDialog
          title="Delete image"
          names={[deleting.name]}
          action="Delete image"
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => setDeleting(null)}
        >
          No VM can be made from it or reinstalled with it any more. VMs that were made from it keep running. You can't
          undo this.
        </DestroyDialog>
      )}
    </>
  );
}
