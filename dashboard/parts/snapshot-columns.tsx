import { Anchor } from '@mantine/core';
import type { Snapshot, Volume } from '@raffia/client/client.ts';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useVolumes } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { monthlyColumn, sinceColumn, useProjectColumn } from './columns.tsx';
import type { Column } from './resource-table.tsx';
import { SnapshotStateShape, useSnapshotStateOf } from './snapshot-state.tsx';
import { useVmOf } from './use-vm-of.ts';
import { VmLink } from './vm-link.tsx';

/** What a snapshot was taken of, by name; undefined where that is gone, or out of sight. */
export function useSourceOf(): (snapshot: Snapshot) => string | undefined {
  const vmOf = useVmOf();
  const { data } = useVolumes();
  return useMemo(() => {
    const volumes = new Map((data ?? []).map((one) => [one.id, one.name]));
    return ({ type, product_vm, volume_id }) => (type === 'vm' ? vmOf(product_vm)?.name : volumes.get(volume_id ?? 0));
  }, [vmOf, data]);
}

/** @param hasSource whether it is said what each is of: not where all are of the thing that is looked at */
export function useSnapshotColumns({ hasSource }: { hasSource: boolean }): readonly Column<Snapshot>[] {
  const inProject = useProjectColumn<Snapshot>(5);
  const sourceOf = useSourceOf();
  const vmOf = useVmOf();
  const volumes = useVolumes();
  const stateOf = useSnapshotStateOf();
  return useMemo((): readonly Column<Snapshot>[] => {
    const gigabytes = ({ size = '' }: Snapshot) => Number.parseFloat(size) || 0;
    const source: Column<Snapshot>[] = [
      {
        id: 'of',
        title: 'Of',
        priority: 3,
        width: 190,
        sort: sourceOf,
        cell: (snapshot) =>
          snapshot.type === 'vm' ? (
            <VmLink id={snapshot.product_vm ?? ''} vm={vmOf(snapshot.product_vm)} />
          ) : (
            <VolumeLink id={snapshot.volume_id} volume={volumes.data?.find(({ id }) => id === snapshot.volume_id)} />
          ),
      },
      {
        id: 'type',
        title: 'Type',
        priority: 6,
        width: 90,
        sort: ({ type }) => type,
        cell: ({ type }) => (type === 'vm' ? 'VM' : 'Volume'),
      },
      inProject,
    ];
    return [
      {
        id: 'name',
        title: 'Name',
        priority: 1,
        width: 160,
        sort: ({ name }) => name,
        cell: ({ name }) => (
          <b title={name}>
            <bdi>{name}</bdi>
          </b>
        ),
      },
      {
        id: 'status',
        title: 'Status',
        priority: 2,
        width: 126,
        sort: stateOf,
        cell: (snapshot) => <SnapshotStateShape state={stateOf(snapshot)} />,
      },
      ...(hasSource ? source : []),
      {
        id: 'size',
        title: 'Size',
        priority: 4,
        width: 92,
        isFigure: true,
        sort: gigabytes,
        cell: (snapshot) => `${gigabytes(snapshot).toLocaleString('en')} GB`,
      },
      monthlyColumn({ priority: 5, width: 96 }),
      sinceColumn({ id: 'taken', title: 'Taken', priority: 5, width: 120 }),
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 80,
        isHidden: true,
        sort: ({ id }) => id,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ];
  }, [hasSource, inProject, sourceOf, vmOf, volumes.data, stateOf]);
}

function VolumeLink({ id, volume }: { id: number | undefined; volume: Volume | undefined }) {
  const { toThing } = useScope();
  if (volume === undefined) return <>Deleted volume {id}</>;
  return (
    <Anchor component={Link} to={toThing(`volumes/${volume.id}`, volume.project_id)} inherit title={volume.name}>
      <bdi>{volume.name}</bdi>
    </Anchor>
  );
}
