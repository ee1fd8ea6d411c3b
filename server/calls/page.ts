import { largestPage, largestWholeList } from '@raffia/contract/schemas.ts';

/** How far lists of what grows without a bound are counted. */
export const countedAtMost = 10_000;

/** The page that a query asks for; a larger limit than 100 is brought down to it. */
export function pageOf(
  query: { limit?: number; offset?: number },
  defaultLimit: number,
): { limit: number; offset: number } {
  return { limit: Math.min(query.limit ?? defaultLimit, largestPage), offset: query.offset ?? 0 };
}

/** The same for a list whose published clients know of no page: they see all that an account usually has. */
export function wholePageOf(query: { limit?: number; offset?: number }): { limit: number; offset: number } {
  return { limit: Math.min(query.limit ?? largestWholeList, largestWholeList), offset: query.offset ?? 0 };
}
