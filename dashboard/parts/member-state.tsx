import type { Member } from '@raffia/client/client.ts';
import { type Shape, State } from './state-shape.tsx';

const shown: Readonly<Record<Member['status'], { word: string; shape: Shape }>> = {
  active: { word: 'Active', shape: 'on' },
  suspended: { word: 'Suspended', shape: 'off' },
  pending: { word: 'Invited', shape: 'waiting' },
};

export const memberStates = Object.entries(shown).map(([value, { word }]) => ({ value, label: word }));

export function MemberState({ status }: { status: Member['status'] }) {
  const { word, shape } = shown[status];
  return <State shape={shape}>{word}</State>;
}
