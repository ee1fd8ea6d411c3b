import { Badge } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';

export type KeyState = 'active' | 'suspended' | 'expired';

export function keyState({ is_active, expires_at }: APIKey): KeyState {
  if (!is_active) return 'suspended';
  return expires_at !== undefined && Date.parse(expires_at) <= Date.now() ? 'expired' : 'active';
}

export function KeyStateBadge({ apiKey }: { apiKey: APIKey }) {
  const state = keyState(apiKey);
  const colour = { active: 'palm.6', suspended: 'yellow', expired: 'red' }[state];
  return (
    <Badge variant="dot" color={colour} tt="none">
      {{ active: 'Active', suspended: 'Suspended', expired: 'Expired' }[state]}
    </Badge>
  );
}
