import { Badge } from '@mantine/core';
import type { VmStatus } from '@raffia/contract/vm-states.ts';

/** A word and a colour for every status: the map is total, so a new status cannot be forgotten. */
const shown: Record<VmStatus, { word: string; colour: string }> = {
  initiating: { word: 'Initiating', colour: 'blue' },
  provisioning: { word: 'Provisioning', colour: 'blue' },
  booting: { word: 'Booting', colour: 'blue' },
  active: { word: 'Active', colour: 'palm.6' },
  passive: { word: 'Stopped', colour: 'gray' },
  finalizing: { word: 'Stopping', colour: 'blue' },
  failure: { word: 'Failed', colour: 'red' },
};

export const statusOptions = (Object.keys(shown) as VmStatus[]).map((value) => ({ value, label: shown[value].word }));

export function VmStatusBadge({ status }: { status: VmStatus }) {
  const { word, colour } = shown[status];
  return (
    <Badge variant="dot" color={colour} tt="none" data-status={status}>
      {word}
    </Badge>
  );
}
