import { ActionIcon, Badge, Button, Card, Code, Group, Menu, Select, Table, Text, TextInput } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { EllipsisVertical, KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useApiKeys, useMembers } from '../api/lists.ts';
import { useCurrent, useMay } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { actions, DataTable } from '../parts/data-table.tsx';
import { type KeyAction, KeyDialog, KeyMade } from '../parts/key-dialogs.tsx';
import { EmptyState, Loaded, PageHead } from '../parts/notices.tsx';
import { Ago, relative } from '../parts/time.tsx';
import { CreateKey, type MadeKey } from './api-keys/create-key.tsx';

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

export function KeyProjects({ apiKey }: { apiKey: APIKey }) {
  if (apiKey.role_id === ownerRoleId) return <Text size="sm">All projects</Text>;
  const accesses = apiKey.project_accesses ?? [];
  if (accesses.length === 0) return <Text size="sm">None</Text>;
  return (
    <Group gap={4}>
      {accesses.map(({ project_id, project_name, role_name }) => (
        <Badge key={project_id} variant="outline" color="gray" tt="none">
          {project_name} ({role_name})
        </Badge>
      ))}
    </Group>
  );
}

export default function ApiKeys() {
  const keys = useApiKeys();
  const may = useMay();
  const members = useMembers();
  const [isCreating, setCreating] = useState(false);
  const [made, setMade] = useState<(MadeKey & { title: string }) | null>(null);
  const [dialog, setDialog] = useState<{ apiKey: APIKey; action: KeyAction } | null>(null);
  const [search, setSearch] = useState('');
  const [maker, setMaker] = useState<string | null>(null);
  const create = may('account.apikeys.create') && (
    <Button leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
      Create API key
    </Button>
  );
  const makers = (members.data ?? []).flatMap(({ user_id, email }) =>
    user_id ? [{ value: user_id, label: email }] : [],
  );
  return (
    <>
      <PageHead
        title="API Keys"
        about="For programs: each key has its own roles, its own limit and its own end."
        action={create}
      />
      <Loaded query={keys}>
        {(list) =>
          list.length === 0 ? (
            <EmptyState icon={KeyRound} title="No key yet" action={create}>
              A key lets a program do what you allow it, and no more: give it one project and the role that it needs,
              and an end. Its secret is shown once.
            </EmptyState>
          ) : (
            <Card withBorder p={0}>
              <Group p="sm">
                <TextInput
                  aria-label="Search by name or prefix"
                  placeholder="Search by name or prefix"
                  w={260}
                  value={search}
                  onChange={(event) => setSearch(event.currentTarget.value)}
                />
                {makers.length > 1 && (
                  <Select
                    aria-label="Created by"
                    placeholder="Created by"
                    clearable
                    data={makers}
                    value={maker}
                    onChange={setMaker}
                  />
                )}
              </Group>
              <DataTable
                columns={[
                  'Name',
                  { wide: 'Key prefix' },
                  'State',
                  { wide: 'Account role' },
                  { wide: 'Project access' },
                  { wide: 'Expires' },
                  { wide: 'Last used' },
                  { wide: 'Created' },
                  actions,
                ]}
                highlightOnHover
              >
                {list
                  .filter(
                    (key) =>
                      `${key.name} ${key.key_prefix}`.toLowerCase().includes(search.toLowerCase()) &&
                      (maker === null || key.created_by === maker),
                  )
                  .map((key) => (
                    <Table.Tr key={key.id}>
                      <Table.Td>
                        <Link className="row-link" to={`/api-keys/${key.id}`}>
                          {key.name}
                        </Link>
                        {key.rate_limit_tier === 'high' && (
                          <Badge ml={6} size="xs" variant="outline" color="gray" tt="none">
                            high tier
                          </Badge>
                        )}
                      </Table.Td>
                      <Table.Td className="wide">
                        <Code>{key.key_prefix}…</Code>
                      </Table.Td>
                      <Table.Td>
                        <KeyStateBadge apiKey={key} />
                      </Table.Td>
                      <Table.Td className="wide">{key.role_name ?? 'None'}</Table.Td>
                      <Table.Td className="wide">
                        <KeyProjects apiKey={key} />
                      </Table.Td>
                      <Table.Td className="wide">
                        {key.expires_at === undefined ? 'Never' : relative(key.expires_at)}
                      </Table.Td>
                      <Table.Td className="wide">
                        {key.last_used_at === undefined ? 'Never' : <Ago time={key.last_used_at} />}
                      </Table.Td>
                      <Table.Td className="wide">
                        {key.created_at !== undefined && <Ago time={key.created_at} />}
                      </Table.Td>
                      <Table.Td ta="right">
                        <KeyMenu apiKey={key} onChoose={(action) => setDialog({ apiKey: key, action })} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
              </DataTable>
            </Card>
          )
        }
      </Loaded>
      {isCreating && (
        <CreateKey
          onClose={() => setCreating(false)}
          onMade={(key) => {
            setCreating(false);
            setMade({ ...key, title: 'API key created' });
          }}
        />
      )}
      {dialog !== null && (
        <KeyDialog
          apiKey={dialog.apiKey}
          action={dialog.action}
          onClose={() => setDialog(null)}
          onSecret={(secret) =>
            setMade({ title: 'New secret', name: dialog.apiKey.name, secret, projectId: undefined, failed: [] })
          }
        />
      )}
      {made !== null && <KeyMade {...made} onClose={() => setMade(null)} />}
    </>
  );
}

export function KeyMenu({ apiKey, onChoose }: { apiKey: APIKey; onChoose: (action: KeyAction) => void }) {
  const may = useMay();
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
        <Menu.Item component={Link} to={`/api-keys/${apiKey.id}`}>
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
