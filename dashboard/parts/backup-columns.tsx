import type { Backup } from '@raffia/client/client.ts';
import type { BackupState } from '@raffia/contract/backup-states.ts';
import { useMemo } from 'react';
import { sinceColumn, useProjectColumn } from './columns.tsx';
import { megabytes } from './megabytes.ts';
import { monthly, monthlyOf } from './price.ts';
import { RelativeTime } from './relative-time.tsx';
import type { Column } from './resource-table.tsx';
import { type Shape, State } from './state-shape.tsx';
import { useVmOf } from './use-vm-of.ts';
import { VmLink } from './vm-link.tsx';

/** A word and a shape for every state: the map is total, so a new state cannot be forgotten. */
const shown: Readonly<Record<BackupState, { word: string; shape: Shape }>> = {
  pending: { word: 'Waiting', shape: 'waiting' },
  creating: { word: 'Copying disk', shape: 'changing' },
  ready: { word: 'Ready', shape: 'on' },
  restoring: { word: 'Restoring', shape: 'changing' },
  failed: { word: 'Failed', shape: 'failed' },
};
export const backupStates = (Object.keys(shown) as BackupState[]).map((value) => ({ value, label: shown[value].word }));
export const backupStateOf = ({ status }: Backup) => status as BackupState;
export const backupPriceOf = ({ price_per_hour = '0' }: Backup) => monthlyOf(price_per_hour);

/** @param isOfOne whether all that stand together are of one machine, so that it is not said of each */
export function useBackupColumns({ isOfOne }: { isOfOne: boolean }): readonly Column<Backup>[] {
  const inProject = useProjectColumn<Backup>(5);
  const vmOf = useVmOf();
  return useMemo((): readonly Column<Backup>[] => {
    return [
      {
        id: 'name',
        title: 'Name',
        priority: 1,
        width: 180,
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
        sort: ({ status }) => status,
        cell: (backup) => {
          const { word, shape } = shown[backupStateOf(backup)];
          return (
            <span title={backup.status_reason}>
              <State shape={shape} status={backup.status}>
                {word}
              </State>
            </span>
          );
        },
      },
      {
        id: 'vm',
        title: 'VM',
        priority: 4,
        width: 160,
        ...(isOfOne ? { isHidden: true as const } : {}),
        sort: ({ product_vm }) => vmOf(product_vm)?.name,
        cell: ({ product_vm = '' }) => <VmLink id={product_vm} vm={vmOf(product_vm)} />,
      },
      sinceColumn({ id: 'taken', title: 'Taken', priority: 3, width: 120 }),
      {
        id: 'kind',
        title: 'Kind',
        priority: 6,
        width: 110,
        cell: ({ increment_id }) =>
          increment_id === undefined || increment_id === null
            ? '–'
            : increment_id === 0
              ? 'Full copy'
              : `Change ${increment_id}`,
      },
      {
        id: 'size',
        title: 'Size',
        priority: 4,
        width: 96,
        isFigure: true,
        sort: ({ storage_size }) => storage_size,
        cell: ({ storage_size, status }) =>
          status === 'pending' || status === 'creating' ? '–' : megabytes(storage_size),
      },
      {
        id: 'monthly',
        title: 'Monthly',
        priority: 5,
        width: 92,
        isFigure: true,
        sort: backupPriceOf,
        cell: (backup) => (backupPriceOf(backup) === 0 ? 'Free' : monthly(backup.price_per_hour ?? 0)),
      },
      {
        id: 'expires',
        title: 'Expires',
        priority: 5,
        width: 124,
        sort: ({ expire_date }) => (expire_date === undefined ? undefined : Date.parse(expire_date)),
        cell: ({ expire_date }) => (expire_date === undefined ? 'Never expires' : <RelativeTime time={expire_date} />),
      },
      inProject,
      {
        id: 'id',
        title: 'ID',
        priority: 6,
        width: 300,
        isHidden: true,
        cell: ({ id }) => <span className="mono">{id}</span>,
      },
    ];
  }, [inProject, vmOf, isOfOne]);
}
