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
