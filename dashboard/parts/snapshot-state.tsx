import type { Snapshot } from '@raffia/client/client.ts';
import type { SnapshotState } from '@raffia/contract/snapshot-states.ts';
import { useMemo } from 'react';
import { useOpenWork } from '../api/lists.ts';
import { type Shape, State } from './state-shape.tsx';

/** A word and a shape for every state: the map is total, so a new state cannot be forgotten. */
const shown: Readonly<Record<SnapshotState, { word: string; shape: Shape }>> = {
  creating: { word: 'Copying disk', shape: 'changing' },
  ready: { word: 'Ready', shape: 'on' },
  restoring: { word: 'Restoring', shape: 'changing' },
  active: { word: 'In use', shape: 'done' },
};

export const snapshotStateOptions = (Object.keys(shown) as SnapshotState[]).map((value) => ({
  value,
  label: shown[value].word,
}));

const whileUnderWay: Readonly<Record<string, SnapshotState>> = {
  'snapshot.create': 'creating',
  'snapshot.restore': 'restoring',
};

/** The states of snapshots: the API tells which of them is in use, and the work under way which are taken or put back. */
export function useSnapshotStateOf(): (snapshot: Snapshot) => SnapshotState {
  const { data } = useOpenWork();
  return useMemo(() => {
    const open = new Map<string, SnapshotState>();
    for (const { kind, resource_id } of data ?? []) {
      const state = whileUnderWay[kind];
      if (state !== undefined) open.set(resource_id, state);
    }
    return ({ id, status }) => open.get(String(id)) ?? (status === 'active' ? 'active' : 'ready');
  }, [data]);
}

export function SnapshotStateShape({ state }: { state: SnapshotState }) {
  const { word, shape } = shown[state];
  return (
    <State shape={shape} status={state}>
      {word}
    </State>
  );
}
