import type { Services } from '../../services.ts';
import type { OnRecord } from '../engine.ts';
import { IncusEngine } from './incus-engine.ts';
import { templateAlias } from './names.ts';

/** The engine of this cloud's host, as configured. */
export function openIncus(
  services: Pick<Services, 'configuration' | 'secrets' | 'catalogue' | 'clock' | 'log'>,
  onRecord: OnRecord,
): IncusEngine {
  const { configuration, secrets, catalogue, clock, log } = services;
  return new IncusEngine({
    settings: configuration.incus,
    cloudId: secrets.digest('cloud').slice(0, 16),
    imageOf: (templateId) => {
      const template = catalogue.template(templateId);
      return template === undefined ? undefined : (template.image ?? templateAlias(templateId));
    },
    onRecord,
    clock,
    log,
  });
}
