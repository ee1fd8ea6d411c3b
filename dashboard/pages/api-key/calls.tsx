import { Anchor } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useScope } from '../../api/scope.tsx';
import { useCurrent } from '../../api/session.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { Panel } from '../../parts/panel.tsx';
import { RelativeTime } from '../../parts/relative-time.tsx';
import classes from './api-key.module.css';

const most = 8;

/** What a key changed lately, under whichever name. */
export function Calls({ apiKey }: { apiKey: APIKey }) {
  const { account, api } = useCurrent();
  const { to } = useScope();
  const input = { actor: apiKey.id, limit: most };
  const entries = useQuery({
    queryKey: [account.id, 'audit', input],
    queryFn: async ({ signal }) => (await api.listAuditEntries(input, { signal })).data,
  });
  return (
    <Panel
      title="Changes it made"
      isFlush
      end={
        <Anchor component={Link} size="sm" to={to('account', `audit?actor=${apiKey.id}`)}>
          Show in the audit log
        </Anchor>
      }
    >
      <Loaded query={entries}>
        {(own) => {
          if (own.length === 0)
            return <p className={classes.nothing}>No changes yet. Requests that only read are not logged.</p>;
          return (
            <table className={classes.table}>
              <thead>
                <tr>
                  <th scope="col">Action</th>
                  <th scope="col">On</th>
                  <th scope="col" className={classes.end}>
                    Time
                  </th>
                </tr>
              </thead>
              <tbody>
                {own.map(({ id, verb, details, resource_id, created_at }) => (
                  <tr key={id}>
                    <td className="mono">{verb}</td>
                    <td>
                      {typeof details.name === 'string' ? (
                        <bdi>{details.name}</bdi>
                      ) : resource_id === undefined ? (
                        '–'
                      ) : (
                        <span className="mono">{resource_id.slice(0, 8)}…</span>
                      )}
                    </td>
                    <td className={classes.end}>
                      <RelativeTime time={created_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Loaded>
    </Panel>
  );
}
