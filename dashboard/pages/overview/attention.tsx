import type { VM } from '@raffia/client/client.ts';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useApiKeys, useIps, useVms, useVolumes } from '../../api/lists.ts';
import { useScope } from '../../api/scope.tsx';
import { namesOf } from '../../parts/bulk.ts';
import { useIpPricesPerHour } from '../../parts/ip-prices.ts';
import { keyState, soonDays } from '../../parts/key-life.ts';
import { monthly } from '../../parts/price.ts';
import { RelativeTime } from '../../parts/relative-time.tsx';
import { type Shape, StateShape } from '../../parts/state-shape.tsx';
import { perHourOf, type UsageLine, usageLines } from '../../parts/usage-lines.ts';
import { Card } from './cards.tsx';
import classes from './overview.module.css';

const soonMs = soonDays * 86_400_000;

interface Concern {
  readonly key: string;
  readonly shape: Shape;
  readonly name: string;
  readonly to: string;
  readonly words: ReactNode;
}

/** What a person should look at: VMs that failed, keys that are about to expire, what costs money and isn't used. Absent where there is nothing. */
export function Attention() {
  const keys = useApiKeys();
  const vms = useVms();
  const { to, toThing, has } = useScope();
  const idle = useIdle();
  const failed = (vms.data ?? []).filter((vm) => vm.status === 'failure' && has(vm));
  const ending = (keys.data ?? []).filter(
    (key) => key.expires_at !== undefined && key.is_active && Date.parse(key.expires_at) - Date.now() < soonMs,
  );
  const concerns: Concern[] = [
    ...failed.map((vm: VM) => ({
      key: vm.id,
      shape: 'failed' as const,
      name: vm.name,
      to: toThing(`vms/${vm.id}`, vm.project_id),
      words: vm.status_reason ?? 'failed',
    })),
    ...ending.map((key) => ({
      key: key.id,
      shape: 'attention' as const,
      name: key.name,
      to: to('account', `api-keys/${key.id}`),
      words: (
        <>
          {keyState(key) === 'expired' ? 'expired' : 'expires'} <RelativeTime time={key.expires_at ?? ''} />
        </>
      ),
    })),
    ...idle,
  ];
  if (concerns.length === 0) return null;
  return (
    <Card title="Needs attention">
      <ul className={classes.list}>
        {concerns.map(({ key, shape, name, to: address, words }) => (
          <li key={key}>
            <StateShape shape={shape} />
            <span>
              <Link to={address}>
                <bdi>{name}</bdi>
              </Link>{' '}
              {words}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Volumes and reserved addresses that cost money and belong to no VM: a line for each kind. */
function useIdle(): Concern[] {
  const volumes = useVolumes();
  const ips = useIps();
  const ipPrices = useIpPricesPerHour();
  const { to, has } = useScope();
  const concern = (key: string, list: string, lines: readonly UsageLine[]): Concern[] =>
    lines.length === 0
      ? []
      : [
          {
            key,
            shape: 'attention',
            name: namesOf(lines.map(({ name }) => name)),
            to: to('project', list),
            words: `${lines.length === 1 ? "isn't" : "aren't"} attached, ${monthly(perHourOf(lines))} a month`,
          },
        ];
  return [
    ...concern(
      'volumes',
      'volumes?attached=no',
      usageLines({ volumes: (volumes.data ?? []).filter((one) => one.status === 'available' && has(one)) }),
    ),
    ...concern(
      'ips',
      'networks/ips?status=free',
      usageLines({
        ips: (ips.data ?? []).filter((one) => one.status === 'free' && has(one)),
        ipPrices: ipPrices.data,
      }),
    ),
  ];
}
