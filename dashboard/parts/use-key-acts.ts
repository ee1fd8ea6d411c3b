import type { APIKey } from '@raffia/client/client.ts';
import { Ban, CirclePlay, RefreshCw, SquareArrowOutUpRight, Trash2 } from 'lucide-react';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import type { KeyAction } from './key-dialogs.tsx';
import type { Act } from './row-menu.tsx';
import { toast } from './toast.tsx';

/** What can be done with a key. The dialogs that some acts ask for are the page's. */
export function useKeyActs(onChoose: (apiKey: APIKey, action: KeyAction) => void): (apiKey: APIKey) => readonly Act[] {
  const may = useMay();
  const { to } = useScope();
  const { api } = useCurrent();
  const enable = useChange((apiKey: APIKey) => api.updateApiKey({ id: apiKey.id, body: { is_active: true } }), {
    stale: ['api-keys', 'audit'],
    onDone: (_, { name }) => toast(`${name} works again`),
  });
  const ask = 'Ask an Owner or Admin';
  const unmanaged = may('account.apikeys.manage') ? undefined : `You need account.apikeys.manage. ${ask}.`;
  return (apiKey) => [
    { label: 'Details and usage', icon: SquareArrowOutUpRight, to: to('account', `api-keys/${apiKey.id}`) },
    { label: 'Regenerate…', icon: RefreshCw, refused: unmanaged, onSelect: () => onChoose(apiKey, 'regenerate') },
    apiKey.is_active
      ? { label: 'Suspend…', icon: Ban, refused: unmanaged, onSelect: () => onChoose(apiKey, 'suspend') }
      : { label: 'Enable', icon: CirclePlay, refused: unmanaged, onSelect: () => enable.mutate(apiKey) },
    {
      label: 'Delete…',
      icon: Trash2,
      isDangerous: true,
      refused: may('account.apikeys.revoke') ? undefined : `You need account.apikeys.revoke. ${ask}.`,
      onSelect: () => onChoose(apiKey, 'delete'),
    },
  ];
}
