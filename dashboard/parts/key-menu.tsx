import { ActionIcon, Menu } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { EllipsisVertical } from 'lucide-react';
import { Link } from 'react-router';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import type { KeyAction } from './key-dialogs.tsx';

export function KeyMenu({ apiKey, onChoose }: { apiKey: APIKey; onChoose: (action: KeyAction) => void }) {
  const may = useMay();
  const { to } = useScope();
  const { api } = useCurrent();
  const enable = useChange(() => api.updateApiKey({ id: apiKey.id, body: { is_active: true } }), {
    stale: ['api-keys', 'audit'],
    done: 'The key works again',
  });
  const manages = may('account.apikeys.manage');
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${apiKey.name}`}>
          <EllipsisVertical size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to={to('account', `api-keys/${apiKey.id}`)}>
          Details and usage
        </Menu.Item>
        <Menu.Item disabled={!manages} onClick={() => onChoose('regenerate')}>
          Regenerate…
        </Menu.Item>
        {apiKey.is_active ? (
          <Menu.Item disabled={!manages} onClick={() => onChoose('suspend')}>
            Suspend…
          </Menu.Item>
        ) : (
          <Menu.Item disabled={!manages} onClick={() => enable.mutate()}>
            Enable
          </Menu.Item>
        )}
        <Menu.Item
          c="var(--mantine-color-error)"
          disabled={!may('account.apikeys.revoke')}
          onClick={() => onChoose('delete')}
        >
          Delete…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
