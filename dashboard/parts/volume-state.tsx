import type { VolumeStatus } from '@raffia/contract/volume-states.ts';
import { type Shape, State } from './state-shape.tsx';

/** A word and a shape for every status: the map is total, so a new status cannot be forgotten. */
const shown: Readonly<Record<VolumeStatus, { word: string; shape: Shape }>> = {
  creating: { word: 'Creating', shape: 'changing' },
  available: { word: 'Available', shape: 'off' },
  attached: { word: 'Attached', shape: 'on' },
  deleting: { word: 'Deleting', shape: 'changing' },
  failed: { word: 'Failed', shape: 'failed' },
};

export const volumeStatusOptions = (Object.keys(shown) as VolumeStatus[]).map((value) => ({
  value,
  label: shown[value].word,
}));

export function VolumeState({ status }: { status: VolumeStatus }) {
  const { word, shape } = shown[status];
  return (
    <State shape={shape} status={status}>
      {word}
    </State>
  );
}
