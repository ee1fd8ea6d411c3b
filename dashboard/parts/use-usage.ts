import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useBackups, useIps, useSnapshots, useVms, useVolumes } from '../api/lists.ts';
import { openClient } from '../api/session.tsx';
import { type UsageLine, usageLines } from './usage-lines.ts';

/** Everything that costs something, in one list; there once each of the lists that it comes from is. */
export function useUsage() {
  const vms = useVms();
  const volumes = useVolumes();
  const snapshots = useSnapshots();
  const backups = useBackups();
  const ips = useIps();
  const ipPrices = useQuery({
    queryKey: ['ip-prices'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const { pricing } = await openClient.listIPPricing();
      return { IPv4: pricing.ipv4?.price_per_hour ?? 0, IPv6: pricing.ipv6?.price_per_hour ?? 0 };
    },
  });
  const queries = [vms, volumes, snapshots, backups, ips, ipPrices];
  const lines = useMemo(
    () =>
      usageLines({
        vms: vms.data,
        volumes: volumes.data,
        snapshots: snapshots.data,
        backups: backups.data,
        ips: ips.data,
        ipPrices: ipPrices.data,
      }),
    [vms.data, volumes.data, snapshots.data, backups.data, ips.data, ipPrices.data],
  );
  // Of a kind that the person may not see nothing is asked, and nothing is waited for.
  const missing = queries.filter(({ data, isError, isFetching }) => data === undefined && (isError || isFetching));
  const told = missing.find(({ isError }) => isError) ?? missing[0] ?? vms;
  return { ...told, data: missing.length === 0 ? lines : undefined } as Omit<typeof vms, 'data'> & {
    data: readonly UsageLine[] | undefined;
  };
}
