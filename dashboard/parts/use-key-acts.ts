import type { APIKey } from '@raffia/client/client.ts';
import { Ban, CirclePlay, RefreshCw, SquareArrowOutUpRight, Trash2 } from 'lucide-react';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import type { KeyAction } from './key-dialogs.tsx';
import { lacks } from './refusals.ts';
import type { Act } from './row-menu.tsx';
import { toast } from './toast.tsx';

type Acts = Readonly<Record<'open' | 'regenerate' | 'suspend' | 'remove', Act>>;

/** What can be done with a key. The dialogs that some acts ask for are the page's. */
export function useKeyActs(onChoose: (apiKey: APIKey, action: KeyAction) => void): (apiKey: APIKey) => Acts {
  const may = useMay();
  const { to } = useScope();
  const { api } = useCurrent();
  const enable = useChange((apiKey: APIKey) => api.updateApiKey({ id: apiKey.id, body: { is_active: true } }), {
    stale: ['api-keys', 'audit'],
    onDone: (_, { name }) => toast(`${name} works again`),
  });
  const refused = may('account.apikeys.manage') ? undefined : lacks('account.apikeys.manage');
  return (apiKey) => ({
    open: { label: 'Details and usage', icon: SquareArrowOutUpRight, to: to('account', `api-keys/${apiKey.id}`) },
    regenerate: { label: 'Regenerate…', icon: RefreshCw, refused, onSelect: () => onChoose(apiKey, 'regenerate') },
    suspend: apiKey.is_active
      ? { label: 'Suspend…', icon: Ban, refused, onSelect: () => onChoose(apiKey, 'suspend') }
      : { label: 'Enable', icon: CirclePlay, refused, onSelect: () => enable.mutate(apiKey) },
    remove: {
      label: 'Delete…',
      icon: Trash2,
      isDangerous: true,
      refused: may('account.apikeys.revoke') ? undefined : lacks('account.apikeys.revoke'),
      onSelect: () => onChoose(apiKey, 'delete'),
    },
  });
}
