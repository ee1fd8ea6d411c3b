import { Badge, Button, Card, Code, Group, Select, Table, TextInput } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useApiKeys, useMembers } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useMay } from '../api/session.tsx';
import { actions, DataTable } from '../parts/data-table.tsx';
import { type KeyAction, KeyDialog, KeyMade } from '../parts/key-dialogs.tsx';
import { KeyMenu } from '../parts/key-menu.tsx';
import { KeyProjects } from '../parts/key-projects.tsx';
import { KeyStateShape } from '../parts/key-state.tsx';
import { EmptyState, Loaded, PageHead } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { relative } from '../parts/times.ts';
import { useNewDialog } from '../parts/use-new-dialog.ts';
import { CreateKey, type MadeKey } from './api-keys/create-key.tsx';

export default function ApiKeys() {
  const keys = useApiKeys();
  const may = useMay();
  const members = useMembers();
  const { to } = useScope();
  const creating = useNewDialog(may('account.apikeys.create'));
  const [made, setMade] = useState<(MadeKey & { title: string }) | null>(null);
  const [dialog, setDialog] = useState<{ apiKey: APIKey; action: KeyAction } | null>(null);
  const [search, setSearch] = useState('');
  const [maker, setMaker] = useState<string | null>(null);
  const create = may('account.apikeys.create') && (
    <Button leftSection={<Plus size={16} />} onClick={() => creating.open()}>
      Create API key
    </Button>
  );
  const makers = (members.data ?? []).flatMap(({ user_id, email }) =>
    user_id ? [{ value: user_id, label: email }] : [],
  );
  return (
    <>
      <PageHead
        title="API keys"
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
                        <Link className="row-link" to={to('account', `api-keys/${key.id}`)}>
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
                        <KeyStateShape apiKey={key} />
                      </Table.Td>
                      <Table.Td className="wide">{key.role_name ?? 'None'}</Table.Td>
                      <Table.Td className="wide">
                        <KeyProjects apiKey={key} />
                      </Table.Td>
                      <Table.Td className="wide">
                        {key.expires_at === undefined ? 'Never' : relative(key.expires_at)}
                      </Table.Td>
                      <Table.Td className="wide">
                        {key.last_used_at === undefined ? 'Never' : <RelativeTime time={key.last_used_at} />}
                      </Table.Td>
                      <Table.Td className="wide">
                        {key.created_at !== undefined && <RelativeTime time={key.created_at} />}
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
      {creating.isOpen && (
        <CreateKey
          onClose={creating.close}
          onMade={(key) => {
            creating.close();
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
