import type { APIKey, KeyHours, KeyUsage } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useScope } from '../api/scope.tsx';
import { useCurrent } from '../api/session.tsx';
import { useChange } from '../api/use-change.ts';
import { Snippets } from './copy.tsx';
import { DestroyDialog } from './destroy-dialog.tsx';
import { keyDays } from './key-series.ts';
import { keySnippets } from './key-snippets.ts';
import { SecretOnce } from './secret-once.tsx';
import { relative } from './times.ts';
import { toast } from './toast.tsx';

export type KeyAction = 'regenerate' | 'suspend' | 'delete';

export function useKeyUsage(id: string, minutes: number) {
  const { account, api } = useCurrent();
  return useQuery({
    queryKey: [account.id, 'key-usage', id, minutes],
    queryFn: async ({ signal }): Promise<KeyUsage> => (await api.getApiKeyUsage({ id, minutes }, { signal })).data,
    refetchInterval: 10_000,
    // What another time showed stays until this one is there.
    placeholderData: (before) => before,
  });
}

/** The same by hour, over the longest time that is kept. */
export function useKeyHours(id: string) {
  const { account, api } = useCurrent();
  const hours = keyDays.hours;
  return useQuery({
    queryKey: [account.id, 'key-usage', id, { hours }],
    queryFn: async ({ signal }): Promise<KeyHours> => (await api.getApiKeyHours({ id, hours }, { signal })).data,
    refetchInterval: 60_000,
  });
}

/** When and from where a key was last used: what one wants to know before it is ended. */
function LastUse({ apiKey }: { apiKey: APIKey }) {
  const usage = useKeyUsage(apiKey.id, 60);
  if (apiKey.last_used_at === undefined) return <>Never used.</>;
  const from = usage.data?.last_used_from;
  return (
    <>
      Last used <b>{relative(apiKey.last_used_at)}</b>
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
    verb: 'Regenerate',
    about: 'The old secret stops working now. Programs fail until they have the new one. Access stays the same.',
    done: undefined,
  },
  suspend: {
    verb: 'Suspend',
    about: 'Programs that use it fail from now on. You can enable it again.',
    done: 'is suspended',
  },
  delete: {
    verb: 'Delete',
    about: "Programs that use it fail from now on. You can't undo this.",
    done: 'is deleted',
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
  const { id, name } = apiKey;
  const { verb, about, done } = words[action];
  const change = useChange(
    async (): Promise<string | undefined> => {
      if (action === 'regenerate') return (await api.regenerateApiKey({ id })).data.secret;
      if (action === 'delete') await api.revokeApiKey({ id });
      else await api.updateApiKey({ id, body: { is_active: false } });
      return undefined;
    },
    {
      stale: ['api-keys', 'audit'],
      onDone: (secret) => {
        onClose();
        if (done !== undefined) toast(`${name} ${done}`);
        if (secret !== undefined) onSecret(secret);
        onDone?.();
      },
    },
  );
  return (
    <DestroyDialog
      title={`${verb} ${name}`}
      names={[name]}
      action={`${verb} ${name}`}
      isPending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <p style={{ margin: '0 0 8px' }}>{about}</p>
      <LastUse apiKey={apiKey} />
    </DestroyDialog>
  );
}

/** The secret of a key, once, with how to use it. */
export function KeyMade({
  title,
  name,
  secret,
  projectId,
  onClose,
  children,
}: {
  title: string;
  name: string;
  secret: string;
  projectId: string | undefined;
  onClose: () => void;
  children?: ReactNode;
}) {
  const { project, projects } = useScope();
  const current = (project ?? projects.find(({ is_default }) => is_default) ?? projects[0])?.id;
  const snippets = keySnippets(secret, projectId ?? current);
  const file = `${name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.env`;
  return (
    <SecretOnce
      title={title}
      what="key"
      secret={secret}
      {...(snippets.Shell === undefined ? {} : { file: { name: file, text: `${snippets.Shell}\n` } })}
      onClose={onClose}
    >
      {children}
      <Snippets snippets={snippets} />
    </SecretOnce>
  );
}
