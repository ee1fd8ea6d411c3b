import { useEffect } from 'react';

/** Tells the head of a page how many rows its list has, and how many of them a filter has found: `24`, or `6 of 24`. */
export function useCount(
  found: { readonly length: number },
  list: { readonly length: number },
  tell: (count: string) => void,
): void {
  const count = found.length === list.length ? String(list.length) : `${found.length} of ${list.length}`;
  useEffect(() => tell(count), [count, tell]);
}
