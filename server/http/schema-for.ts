import type { TObject, TSchema } from '@raffia/contract/type.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';

/**
 * A request schema for the loaded catalogue: where the published one lists regions or plans (`x-catalogue`), the operator's count.
 * Empty text for a tier means no change there (client-expectations.md §4.3), so it passes.
 */
export function schemaFor<S extends TSchema>(schema: S, catalogue: Catalogue): S extends TObject ? TObject : TSchema {
  return adapt(schema, catalogue) as S extends TObject ? TObject : TSchema;
}

function adapt(schema: unknown, catalogue: Catalogue): unknown {
  if (Array.isArray(schema)) return schema.map((part) => adapt(part, catalogue));
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'enum' ? value : adapt(value, catalogue)]),
  );
  if (copy['x-catalogue'] === 'region') copy.enum = catalogue.regions.map((region) => region.code);
  if (copy['x-also'] === 'lower case') {
    const words = copy.enum as string[];
    copy.enum = [...words, ...words.map((word) => word.toLowerCase())];
  }
  if (copy['x-also'] === 'digits') {
    const { type: _, ...bounds } = copy;
    return { ...bounds, type: ['integer', 'string'], pattern: `^\\d{1,${String(copy.maximum).length}}$` };
  }
  if (copy['x-also'] === 'nothing') copy.enum = [...(copy.enum as string[]), ''];
  // Of what has no price there, the answer is that there is none: 404, by the use case.
  if (copy['x-catalogue'] === 'pricedRegion') delete copy.enum;
  if (copy['x-catalogue'] === 'plan') {
    copy.minimum = 1;
    copy.maximum = 2_147_483_647;
  }
  const tier = (copy.properties as Record<string, { enum?: string[] }> | undefined)?.rate_limit_tier;
  if (tier?.enum !== undefined) tier.enum = [...tier.enum, ''];
  return copy;
}
