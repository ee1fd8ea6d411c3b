import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Engine } from './engine.ts';

/** What machines can be made from: templates whose image the hosts have. Until they have answered, all. */
export class Offer {
  #missing: ReadonlySet<string> = new Set();

  /** Looks at the hosts anew. */
  async look(engine: Engine, { templates }: Pick<Catalogue, 'templates'>): Promise<void> {
    this.#missing = new Set(await engine.images.templatesWithoutImage(templates.map(({ id }) => id)));
  }

  has(templateId: string): boolean {
    return !this.#missing.has(templateId);
  }
}
