import type { VmStatus } from '@raffia/contract/vm-states.ts';
import type { ReactNode } from 'react';
import { type Shape, State } from './state-shape.tsx';

/** A word and a shape for every status: the map is total, so a new status cannot be forgotten. */
const shown: Record<VmStatus, { word: string; shape: Shape }> = {
  initiating: { word: 'Queued', shape: 'waiting' },
  provisioning: { word: 'Building', shape: 'changing' },
  booting: { word: 'Starting', shape: 'changing' },
  active: { word: 'Running', shape: 'on' },
  finalizing: { word: 'Stopping', shape: 'changing' },
  passive: { word: 'Stopped', shape: 'off' },
  failure: { word: 'Failed', shape: 'failed' },
};

export const statusOptions = (Object.keys(shown) as VmStatus[]).map((value) => ({ value, label: shown[value].word }));

export const wordOfVm = (status: VmStatus) => shown[status].word;

export function VmState({ status }: { status: VmStatus }) {
  const { word, shape } = shown[status];
  return (
    <State shape={shape} status={status}>
      {word}
    </State>
  );
}

/** Beside a machine's name: the shape of its status, and the word for readers of screens. */
export function VmMark({ status, children }: { status: VmStatus; children: ReactNode }) {
  const { word, shape } = shown[status];
  return (
    <State shape={shape}>
      <span className="visually-hidden">{word}: </span>
      {children}
    </State>
  );
}
