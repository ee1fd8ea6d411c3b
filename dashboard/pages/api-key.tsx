import type { APIKey } from '@raffia/client/client.ts';
import { tiers } from '@raffia/contract/tiers.ts';
import { useQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { useMembers } from '../api/lists.ts';
import { useScope } from '../api/scope.tsx';
import { useCurrent, useMay } from '../api/session.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { DetailHead } from '../parts/detail-head.tsx';
import { FactsCard } from '../parts/facts-card.tsx';
import { keyAccess } from '../parts/key-access.ts';
import { type KeyAction, KeyDialog, KeyMade, useKeyUsage } from '../parts/key-dialogs.tsx';
import { expiresSoon } from '../parts/key-life.ts';
import { KeyStateShape } from '../parts/key-state.tsx';
import { Loaded } from '../parts/notices.tsx';
import { RelativeTime } from '../parts/relative-time.tsx';
import { RowMenu } from '../parts/row-menu.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { TagChip } from '../parts/tag-chip.tsx';
import { useKeyActs } from '../parts/use-key-acts.ts';
import { AccessCard } from './api-key/access-card.tsx';
import { Addresses } from './api-key/addresses.tsx';
import classes from './api-key/api-key.module.css';
import { Calls } from './api-key/calls.tsx';
import { Limits } from './api-key/limits.tsx';

/** With what draws it, which is half of what the page needs otherwise. */
const Requests = lazy(() => import('./api-key/requests.tsx'));

export default function ApiKeyPage() {
  const { id = '' } = useParams();
  const { account, api } = useCurrent();
  const key = useQuery({
    queryKey: [account.id, 'api-keys', id],
    queryFn: async ({ signal }) => (await api.getApiKey({ id }, { signal })).data,
  });
  return (
    <Loaded query={key} shape="detail">
      {(apiKey) => <Details key={apiKey.id} apiKey={apiKey} />}
    </Loaded>
  );
}

function Details({ apiKey }: { apiKey: APIKey }) {
  const navigate = useNavigate();
  const { to } = useScope();
  const may = useMay();
  const members = useMembers();
  const [action, setAction] = useState<KeyAction | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const usage = useKeyUsage(apiKey.id, 60);
  const { role, where } = keyAccess(apiKey);
  const { regenerate, suspend, remove } = useKeyActs((_, chosen) => setAction(chosen))(apiKey);
  const limit = tiers[apiKey.rate_limit_tier ?? 'standard'];
  const maker = members.data?.find(({ user_id }) => user_id === apiKey.created_by)?.email;
  const time = (at: string | undefined, absent: string) => (at === undefined ? absent : <RelativeTime time={at} />);
  return (
    <>
      <DetailHead
        name={apiKey.name}
        state={
          <>
            <KeyStateShape apiKey={apiKey} />
            {apiKey.rate_limit_tier === 'high' && <TagChip kind="info">High limit</TagChip>}
            {where === 'everything' && <TagChip kind="straw">Full access</TagChip>}
          </>
        }
        acts={[regenerate, suspend, remove]}
        actions={
          <>
            <ActButton
              label={regenerate.label}
              icon={RefreshCw}
              refused={regenerate.refused}
              onClick={() => setAction('regenerate')}
            />
            <RowMenu name={apiKey.name} acts={[suspend, remove]} />
          </>
        }
      />
      <div className={classes.stack}>
        <FactsCard
          facts={[
            { label: 'Prefix', value: apiKey.key_prefix, isMono: true },
            { label: 'Access', value: where === '' ? role : `${role} · ${where}` },
            {
              label: 'Expires',
              value: (
                <span {...(expiresSoon(apiKey) ? { className: classes.soon } : {})}>
                  {time(apiKey.expires_at, 'Never expires')}
                </span>
              ),
            },
            { label: 'Limit', value: `${limit.perSecond} requests a second` },
            { label: 'Last used', value: time(apiKey.last_used_at, 'Never used') },
            { label: 'Last used from', value: usage.data?.last_used_from ?? '–', isMono: true },
            { label: 'Created', value: time(apiKey.created_at, '–') },
            { label: 'Created by', value: maker ?? '–' },
            { label: 'ID', value: `${apiKey.id.slice(0, 8)}…`, copy: apiKey.id, isMono: true },
          ]}
        />
        <Suspense fallback={<Skeleton shape="cards" isWithHead={false} />}>
          <Requests id={apiKey.id} />
        </Suspense>
        <div className={classes.columns}>
          <div className={classes.stack}>
            <AccessCard apiKey={apiKey} />
            <Addresses usage={usage} />
          </div>
          <Limits apiKey={apiKey} usage={usage} />
        </div>
        {may('account.audit.view') && <Calls apiKey={apiKey} />}
      </div>
      {action !== null && (
        <KeyDialog
          apiKey={apiKey}
          action={action}
          onClose={() => setAction(null)}
          onSecret={setSecret}
          {...(action === 'delete' ? { onDone: () => navigate(to('account', 'api-keys'), { replace: true }) } : {})}
        />
      )}
      {secret !== null && (
        <KeyMade
          title={`New secret of ${apiKey.name}`}
          name={apiKey.name}
          secret={secret}
          projectId={apiKey.project_accesses?.[0]?.project_id}
          onClose={() => setSecret(null)}
        />
      )}
    </>
  );
}
