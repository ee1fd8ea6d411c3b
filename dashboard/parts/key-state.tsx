import type { APIKey } from '@raffia/client/client.ts';
import { type Shape, State } from './state-shape.tsx';

export type KeyState = 'active' | 'suspended' | 'expired';

export function keyState({ is_active, expires_at }: APIKey): KeyState {
  if (!is_active) return 'suspended';
  return expires_at !== undefined && Date.parse(expires_at) <= Date.now() ? 'expired' : 'active';
}

const shown: Readonly<Record<KeyState, { word: string; shape: Shape }>> = {
  active: { word: 'Active', shape: 'on' },
  suspended: { word: 'Suspended', shape: 'off' },
  expired: { word: 'Expired', shape: 'failed' },
};

export function KeyStateShape({ apiKey }: { apiKey: APIKey }) {
  const { word, shape } = shown[keyState(apiKey)];
  return <State shape={shape}>{word}</State>;
}
