import type { KeyUsage } from '@raffia/client/client.ts';
import type { UseQueryResult } from '@tanstack/react-query';
import { Loaded } from '../../parts/notices.tsx';
import { Panel } from '../../parts/panel.tsx';
import { RelativeTime } from '../../parts/relative-time.tsx';
import classes from './api-key.module.css';

/** Where a key's secret came from last: one that nobody knows is a reason for a new secret. */
export function Addresses({ usage }: { usage: UseQueryResult<KeyUsage> }) {
  return (
    <Panel title="Last addresses" isFlush>
      <Loaded query={usage} shape="form">
        {({ addresses }) =>
          addresses.length === 0 ? (
            <p className={classes.nothing}>No requests with this secret in the last 90 days.</p>
          ) : (
            <>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th scope="col">Address</th>
                    <th scope="col" className={classes.end}>
                      Last request
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {addresses.map(({ address, last_used_at }) => (
                    <tr key={address}>
                      <td className="mono">{address}</td>
                      <td className={classes.end}>
                        <RelativeTime time={last_used_at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <p className={classes.nothing}>
                Refused requests count too. If you don't know an address, regenerate the key.
              </p>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}
