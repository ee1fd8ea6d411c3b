import type { IncusApi } from './incus-api.ts';

/** What a folder of a guest has; nothing where it is not there. */
export async function listFolder(api: IncusApi, instance: string, path: string): Promise<ReadonlySet<string>> {
  const listing = await api.readFile(instance, path);
  const { metadata } = listing === undefined ? {} : (JSON.parse(listing.content) as { metadata?: string[] });
  return new Set(metadata ?? []);
}
