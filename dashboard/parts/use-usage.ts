import { useMemo } from 'react';
import { useBackups, useIps, useSnapshots, useVms, useVolumes } from '../api/lists.ts';
import { useIpPricesPerHour } from './ip-prices.ts';
import { type UsageLine, usageLines } from './usage-lines.ts';

/** Everything that costs something, in one list; there once each of the lists that it comes from is. */
export function useUsage() {
  const vms = useVms();
  const volumes = useVolumes();
  const snapshots = useSnapshots();
  const backups = useBackups();
  const ips = useIps();
  const ipPrices = useIpPricesPerHour();
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
