import { Badge, Button, Card, Code, Collapse, Group, Pagination, Select, Table, Text, TextInput } from '@mantine/core';
import type { AuditEntry, ListAuditEntriesInput } from '@raffia/client/client.ts';
import type { PersonVerb } from '@raffia/contract/enums.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download, ScrollText } from 'lucide-react';
import { Fragment, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { DataTable } from '../parts/data-table.tsx';
import { EmptyState, ErrorNotice, Loaded, PageHead } from '../parts/notices.tsx';
import { exactTime } from '../parts/times.ts';

const perPage = 50;
const resources = ['vm', 'apikey', 'member', 'invitation', 'role', 'project', 'sshkey', 'account', 'person'];

export default function Audit() {
  const { account, api } = useCurrent();
  const [search, setSearch] = useSearchParams();
  const [page, setPage] = useState(1);
  const [open, setOpen] = useState<number | null>(null);
  const filter: ListAuditEntriesInput = Object.fromEntries([...search].filter(([, value]) => value !== ''));
  const input = { ...filter, limit: perPage, offset: (page - 1) * perPage };
  const entries = useQuery({
    queryKey: [account.id, 'audit', input],
    queryFn: ({ signal }) => api.listAuditEntries(input, { signal }),
    placeholderData: keepPreviousData,
  });
  const exported = useChange(
    async () => {
      const rows: AuditEntry[] = [];
      for await (const entry of api.each('listAuditEntries', filter)) rows.push(entry);
      save(csv(rows));
    },
    { stale: [] },
  );
  const set = (name: string, value: string) => {
    setPage(1);
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value === '') next.delete(name);
      else next.set(name, value);
      return next;
    });
  };
  const day = (name: 'since' | 'until') => search.get(name)?.slice(0, 10) ?? '';
  return (
    <>
      <PageHead
        title="Audit log"
        about="Every change in the account: who, what, when. It stays when the member, key or machine is gone."
        action={
          <Button
            variant="default"
            leftSection={<Download size={16} />}
            loading={exported.isPending}
            onClick={() => exported.mutate()}
          >
            Export as CSV
          </Button>
        }
      />
      <ErrorNotice error={exported.error} />
      <Group mb="md" align="flex-end">
        <Select
          label="What"
          placeholder="Everything"
          clearable
          data={resources}
          value={search.get('verb')}
          onChange={(value) => set('verb', value ?? '')}
          w={150}
        />
        <TextInput
          label="Who"
          placeholder="Name or e-mail"
          value={search.get('actor') ?? ''}
          onChange={(event) => set('actor', event.currentTarget.value)}
        />
        <TextInput
          label="From"
          type="date"
          value={day('since')}
          onChange={(event) => set('since', event.currentTarget.value && `${event.currentTarget.value}T00:00:00Z`)}
        />
        <TextInput
          label="Before"
          type="date"
          value={day('until')}
          onChange={(event) => set('until', event.currentTarget.value && `${event.currentTarget.value}T00:00:00Z`)}
        />
      </Group>
      <Loaded query={entries}>
        {({ data, total }) =>
          total === 0 ? (
            <EmptyState icon={ScrollText} title="Nothing found">
              No change matches. Every change that people, keys and the operator make is written here, in the same
              moment in which it happens.
            </EmptyState>
          ) : (
            <Card withBorder p={0}>
              <DataTable columns={[{ wide: 'When' }, 'Who', 'What', { wide: 'On' }, { actions: 'Details' }]}>
                {data.map((entry) => (
                  <Fragment key={entry.id}>
                    <Table.Tr>
                      <Table.Td className="wide">{exactTime(entry.created_at)}</Table.Td>
                      <Table.Td className="breaking">
                        {entry.actor_name}{' '}
                        <Badge size="xs" variant="outline" color="gray" tt="none">
                          {entry.actor_kind}
                        </Badge>
                      </Table.Td>
                      <Table.Td>
                        <Code>{entry.verb}</Code>
                        {sentenceOf(entry) !== undefined && <Text size="xs">{sentenceOf(entry)}</Text>}
                        <Text size="xs" c="dimmed" className="narrow">
                          {exactTime(entry.created_at)}
                        </Text>
                      </Table.Td>
                      <Table.Td className="wide">
                        <Text size="xs" className="mono">
                          {entry.resource_id ?? '–'}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button
                          variant="subtle"
                          color="gray"
                          size="compact-xs"
                          aria-expanded={open === entry.id}
                          onClick={() => setOpen(open === entry.id ? null : entry.id)}
                        >
                          Details
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                    {open === entry.id && (
                      <Table.Tr>
                        <Table.Td colSpan={5}>
                          <Collapse expanded>
                            <Code block>
                              {JSON.stringify({ ...entry.details, request: entry.request_id }, null, 2)}
                            </Code>
                          </Collapse>
                        </Table.Td>
                      </Table.Tr>
                    )}
                  </Fragment>
                ))}
              </DataTable>
              {total > perPage && (
                <Group p="md" justify="center">
                  <Pagination
                    total={Math.ceil(total / perPage)}
                    value={page}
                    onChange={setPage}
                    getControlProps={(control) => ({ 'aria-label': `${control} page` })}
                  />
                </Group>
              )}
            </Card>
          )
        }
      </Loaded>
    </>
  );
}

const sentences: Readonly<Record<PersonVerb, (who: string) => string>> = {
  'person.sign-in': (who) => `${who} signed in`,
  'person.sign-out': (who) => `${who} signed out`,
  'person.session-end': (who) => `${who} ended sessions`,
  'person.sign-in-failed': (who) => `Somebody failed to sign in as ${who}`,
  'person.check-failed': (who) => `A wrong password or code was given in a session of ${who}`,
  'person.rename': (who) => `${who} has a new name`,
  'person.password': (who) => `${who} has a new password`,
  'person.second-factor-on': (who) => `${who} turned the second factor on`,
  'person.second-factor-off': (who) => `${who} turned the second factor off`,
  'person.backup-codes': (who) => `${who} made new backup codes`,
  'person.single-sign-on': (who) => `${who} linked single sign-on`,
  'person.sign-in-link': (who) => `A sign-in link was made for ${who}`,
  'person.link-request': (who) => `Somebody asked for a link to set a new password of ${who}`,
};

/** What happened to a person's way in; and from where, wherever that is known. */
function sentenceOf({ verb, details }: AuditEntry): string | undefined {
  const { email, address } = details as { email?: string; address?: string };
  const sentence = verb in sentences ? sentences[verb as PersonVerb](email ?? 'somebody') : undefined;
  if (address === undefined) return sentence;
  if (sentence === undefined) return address === 'operator' ? undefined : `From ${address}`;
  return `${sentence}${address === 'operator' ? ', by the operator' : `, from ${address}`}`;
}

/** A cell that a spreadsheet could take for a formula is text. */
function csv(rows: readonly AuditEntry[]): string {
  const cell = (value: unknown) => {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  const head = [
    'created_at',
    'actor_kind',
    'actor_name',
    'verb',
    'resource_id',
    'project_id',
    'request_id',
    'details',
  ] as const;
  return [head.join(','), ...rows.map((row) => head.map((name) => cell(row[name])).join(','))].join('\r\n');
}

function save(text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = `audit-${new Date().toISOString().slice(0, 10)}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
