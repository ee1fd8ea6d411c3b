import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { EngineError } from '../engine.ts';

/**
 * What is written on a disk that is made of an image; null for a template's, on which nothing is.
 *
 * @throws EngineError where it names a saved image that is not there
 */
export async function contentsOfImage(db: Kysely<Tables>, reference: string): Promise<string | null> {
  if (!reference.startsWith('image:')) return null;
  const image = await db
    .selectFrom('simulated_images')
    .select('contents')
    .where('id', '=', reference.slice('image:'.length))
    .executeTakeFirst();
  if (image === undefined) throw new EngineError('The saved image is gone from its host; save it again');
  return image.contents;
}
