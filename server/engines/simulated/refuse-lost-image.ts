import type { Kysely } from 'kysely';
import type { Tables } from '../../database/tables.ts';
import { EngineError } from '../engine.ts';

/** @throws EngineError where it names a saved image that is not there */
export async function refuseLostImage(db: Kysely<Tables>, reference: string): Promise<void> {
  if (!reference.startsWith('image:')) return;
  const image = await db
    .selectFrom('simulated_images')
    .select('id')
    .where('id', '=', reference.slice('image:'.length))
    .executeTakeFirst();
  if (image === undefined) throw new EngineError('The saved image is gone from its host; save it again');
}
