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

const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });

/** What a reserved address costs a month, such as `$3.00`; undefined until it is known, and where the cloud has no price. */
export const useIpPrices = () => useIpPricing(pricesInWords).data;

/** What a reserved address costs an hour, in dollars. */
export const useIpPricesPerHour = () => useIpPricing(pricesPerHour);

function pricesInWords({ ipv4, ipv6 }: IPPricing) {
  const prices: Partial<Record<'IPv4' | 'IPv6', string>> = {};
  if (ipv4?.monthly_price !== undefined) prices.IPv4 = dollars.format(ipv4.monthly_price);
  if (ipv6?.monthly_price !== undefined) prices.IPv6 = dollars.format(ipv6.monthly_price);
  return prices;
}

const pricesPerHour = ({ ipv4, ipv6 }: IPPricing) => ({
  IPv4: ipv4?.price_per_hour ?? 0,
  IPv6: ipv6?.price_per_hour ?? 0,
});

const useIpPricing = <Prices>(select: (pricing: IPPricing) => Prices) =>
  useQuery({
    queryKey: ['catalogue', 'ips'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await openClient.listIPPricing()).pricing,
    select,
  });
