import type { listImages } from '@raffia/contract/account.ts';
import { pageOf } from '../../calls/page.ts';
import type { ListCall } from '../../calls/route.ts';

/** The saved images of the projects that the caller may see. */
export async function savedImages({ visible, query }: ListCall<typeof listImages>) {
  const { rows, total } = await visible.page(visible.from('image'), pageOf(query, 50), (images) =>
    images.selectAll().orderBy('id', 'desc'),
  );
  return {
    success: true,
    data: rows.map((row) => ({
      id: row.id,
      name: row.name,
      version: row.version,
      ...(row.system === null ? {} : { system: row.system }),
      ...(row.description === null ? {} : { description: row.description }),
      project_id: row.project_id,
      region: row.region,
      os_type: row.os_type,
      is_windows: row.is_windows,
      storage: row.size,
      cpu: row.min_cpu,
      ram: row.min_ram,
      status: row.status,
      created_at: row.created_at.toISOString(),
    })),
    total,
  };
}
