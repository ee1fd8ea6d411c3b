import type { AddressType } from '@raffia/contract/enums.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Engine } from './engine.ts';

/** What machines can be given: templates whose image the hosts have, and families of public addresses. Until they have answered, all. */
export class Offer {
  #missing: ReadonlySet<string> = new Set();
  #hasIpv6 = true;

  /** Looks at the hosts anew. */
  async look(engine: Engine, { templates }: Pick<Catalogue, 'templates'>): Promise<void> {
    this.#hasIpv6 = engine.hasIpv6;
    this.#missing = new Set(await engine.images.templatesWithoutImage(templates.map(({ id }) => id)));
  }

  has(templateId: string): boolean {
    return !this.#missing.has(templateId);
  }

  carries(type: AddressType): boolean {
    return type === 'IPv4' || this.#hasIpv6;
  }
}
