import { Alert, Stack, Text } from '@mantine/core';
import type { APIKey, KeyUsage } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { Snippets } from './copy.tsx';
import { DestroyDialog } from './destroy-dialog.tsx';
import { keySnippets } from './key-snippets.ts';
import { SecretOnce } from './secret-once.tsx';
import { relative } from './times.ts';

export type KeyAction = 'regenerate' | 'suspend' | 'delete';

export function useKeyUsage(id: string, minutes: number) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'key-usage', id, minutes],
    queryFn: async ({ signal }): Promise<KeyUsage> => (await api.getApiKeyUsage({ id, minutes }, { signal })).data,
    refetchInterval: 10_000,
  });
}

/** When and from where a key was last used: what one wants to know before it is ended. */
function LastUse({ apiKey }: { apiKey: APIKey }) {
  const usage = useKeyUsage(apiKey.id, 60);
  if (apiKey.last_used_at === undefined) return <>It was never used.</>;
  const from = usage.data?.last_used_from;
  return (
    <>
      It was last used <b>{relative(apiKey.last_used_at)}</b>
      {from !== undefined && (
        <>
          {' '}
          from <b className="mono">{from}</b>
        </>
      )}
      .
    </>
  );
}

const words = {
  regenerate: {
    title: 'Regenerate the secret',
    action: 'Regenerate',
    about:
      'The old secret stops at once: whatever uses it is refused until it has the new one. Roles and projects stay.',
  },
  suspend: {
    title: 'Suspend the key',
    action: 'Suspend',
    about: 'Whatever uses it is refused at once, until you enable it again.',
  },
  delete: {
    title: 'Delete the key',
    action: 'Delete',
    about: 'Whatever uses it is refused at once. This cannot be taken back.',
  },
} as const;

/** Ends or renews a key, after its name was typed. */
export function KeyDialog({
  apiKey,
  action,
  onClose,
  onSecret,
  onDone,
}: {
  apiKey: APIKey;
  action: KeyAction;
  onClose: () => void;
  onSecret: (secret: string) => void;
  onDone?: () => void;
}) {
  const { api } = useCurrent();
  const { id } = apiKey;
  const change = useChange(
    async (): Promise<string | undefined> => {
      if (action === 'regenerate') return (await api.regenerateApiKey({ id })).data.secret;
      if (action === 'delete') await api.revokeApiKey({ id });
      else await api.updateApiKey({ id, body: { is_active: false } });
      return undefined;
    },
    {
      stale: ['api-keys', 'audit'],
      ...(action === 'regenerate'
        ? {}
        : { done: action === 'delete' ? 'The key was deleted' : 'The key is suspended' }),
      onDone: (secret) => {
        onClose();
        if (secret !== undefined) onSecret(secret);
        onDone?.();
      },
    },
  );
  const { title, action: verb, about } = words[action];
  return (
    <DestroyDialog
      title={title}
      names={[apiKey.name]}
      action={verb}
      isPending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <Stack gap="xs">
        <Text size="sm">{about}</Text>
        <Text size="sm">
          <LastUse apiKey={apiKey} />
        </Text>
      </Stack>
    </DestroyDialog>
  );
}

/** The secret of a key, once, with how to use it. */
export function KeyMade({
  title,
  secret,
  projectId,
  failed = [],
  onClose,
}: {
  title: string;
  secret: string;
  projectId: string | undefined;
  failed?: readonly string[];
  onClose: () => void;
}) {
  const { project, projects } = useScope();
  const current = (project ?? projects.find(({ is_default }) => is_default) ?? projects[0])?.id;
  return (
    <SecretOnce title={title} what="the key" secret={secret} onClose={onClose}>
      {failed.length > 0 && (
        <Alert color="red" variant="outline" role="alert" title="The key has no access to these projects">
          {failed.map((line) => (
            <div key={line}>{line}</div>
          ))}
        </Alert>
      )}
      <Snippets snippets={keySnippets(secret, projectId ?? current)} />
    </SecretOnce>
  );
}
