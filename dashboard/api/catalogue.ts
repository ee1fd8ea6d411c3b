import type { Template } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { exactTime } from '../parts/times.ts';
import { useImages } from './lists.ts';
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

/** What a gigabyte of each costs a month, in dollars. */
export function useStoragePrices(region: string) {
  return useQuery({
    queryKey: ['storage-prices', region],
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

/** The account's saved images, as systems to install beside the catalogue's. */
export function useSavedSystems(): readonly Template[] {
  const images = useImages();
  return (images.data ?? [])
    .filter(({ status }) => status === 'ready')
    .map(({ project_id: _project, status: _status, created_at, ...image }) => ({
      ...image,
      name: `${image.name} (saved)`,
      version: `${image.version}, ${exactTime(created_at)}`,
      category: 'os',
    }));
}
