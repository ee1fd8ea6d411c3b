import { join } from 'node:path';

/** The catalogue that is used where the configuration names none. */
export const catalogueFile = join(import.meta.dirname, '..', '..', 'catalogue.yaml');
