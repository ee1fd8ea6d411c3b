import type { APIKey } from '@raffia/client/client.ts';
import { type KeyState, keyState } from './key-life.ts';
import { type Shape, State } from './state-shape.tsx';

const shown: Readonly<Record<KeyState, { word: string; shape: Shape }>> = {
  active: { word: 'Active', shape: 'on' },
  suspended: { word: 'Suspended', shape: 'off' },
  expired: { word: 'Expired', shape: 'failed' },
};

export function KeyStateShape({ apiKey }: { apiKey: APIKey }) {
  const { word, shape } = shown[keyState(apiKey)];
  return <State shape={shape}>{word}</State>;
}
