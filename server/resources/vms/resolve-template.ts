import type { Transaction } from '../../database/transaction.ts';
import { invalid } from '../../foundation/api-error.ts';
import type { Services } from '../../services.ts';

/** What a machine is installed from: a template of the catalogue or a saved image of the account. */
export interface InstallSource {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The system that it holds; undefined where that is not known. */
  readonly system: string | undefined;
  readonly isWindows: boolean;
  readonly osType: string;
  /** The engine's name for it. */
  readonly imageReference: string;
  readonly minCpu: number;
  readonly minRam: number;
  readonly minStorage: number;
}

/** @throws ApiError 400 where the account can use no such template in that region */
export async function resolveTemplate(
  services: Services,
  tx: Transaction,
  accountId: string,
  templateId: string,
  region: string,
): Promise<InstallSource> {
  const template = services.catalogue.template(templateId);
  if (template !== undefined) {
    if (template.region !== region) throw invalid(`The template is in region ${template.region}, not ${region}`);
    return {
      id: template.id,
      name: template.name,
      version: template.version,
      system: template.name,
      isWindows: template.isWindows,
      osType: template.osType,
      imageReference: template.id,
      minCpu: template.cpu,
      minRam: template.ram,
      minStorage: template.storage,
    };
  }
  const image = await tx.db
    .selectFrom('images')
    .selectAll()
    .where('id', '=', templateId)
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is', null)
    // Nobody deletes it while a machine is made of it.
    .forShare()
    .executeTakeFirst();
  if (image === undefined) {
    throw invalid('template_id names no template or saved image; list templates with GET /api/v1/public/templates');
  }
  if (image.region !== region) throw invalid(`The image is in region ${image.region}, not ${region}`);
  if (image.status === 'failed') throw invalid('Saving this image failed; save it again');
  // A machine created while its image is still being saved would find nothing to install.
  if (image.status === 'saving') throw invalid('The image is still being saved; try again when that is done');
  return {
    id: image.id,
    name: image.name,
    version: image.version,
    system: image.system ?? undefined,
    isWindows: image.is_windows,
    osType: image.os_type,
    imageReference: `image:${image.id}`,
    minCpu: image.min_cpu,
    minRam: image.min_ram,
    minStorage: image.size,
  };
}
