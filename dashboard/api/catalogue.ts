import type { IPPricing } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { openClient } from './session.tsx';

/** What the cloud offers: regions, systems and plans. */
export function useCatalogue() {
  return useQuery({
    queryKey: ['catalogue'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const [regions, templates, pricing] = await Promise.all([
        openClient.listRegions(),
        openClient.listTemplates(),
        openClient.listVMPricing(),
      ]);
      return { regions: regions.regions, templates: templates.data, plans: pricing.plans };
    },
  });
}

/** What a gigabyte of each costs a month, in dollars; nothing is asked until it is known in which region. */
export function useStoragePrices(region: string) {
  return useQuery({
    queryKey: ['storage-prices', region],
    enabled: region !== '',
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const [volume, snapshot, backup] = await Promise.all([
        openClient.listVolumePricing({ region }),
        openClient.listSnapshotPricing({ region }),
        openClient.listBackupPricing({ region }),
      ]);
      return {
        volume: volume.pricing.price_per_gb_month ?? 0,
        snapshot: snapshot.pricing.price_per_gb_month ?? 0,
        backup: backup.pricing.price_per_gb_month ?? 0,
      };
    },
  });
}

/** What reserved addresses cost, of which `select` takes what is wanted. */
export const useIpPricing = <Prices>(select: (pricing: IPPricing) => Prices) =>
  useQuery({
    queryKey: ['catalogue', 'ips'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await openClient.listIPPricing()).pricing,
    select,
  });
