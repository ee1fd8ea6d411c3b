import { useEffect, useId } from 'react';
import { Told, useTold } from '../api/told.ts';
import type { Act } from './row-menu.tsx';

/** What can be done with the thing that a page is about. */
export interface PageActs {
  readonly name: string;
  readonly acts: readonly Act[];
}

const offered = new Told<ReadonlyMap<string, PageActs>>(new Map());

/** Offers to the search what the page's own buttons and menu do, as long as it is open. */
export function useOfferActs(name: string, acts: readonly Act[]): void {
  const id = useId();
  // They are made anew with each look at the page, and so are their reasons.
  useEffect(() => offered.tell(new Map(offered.get()).set(id, { name, acts })));
  useEffect(
    () => () => {
      const left = new Map(offered.get());
      left.delete(id);
      offered.tell(left);
    },
    [id],
  );
}

/** What the open page offers. */
export function usePageActs(): readonly PageActs[] {
  return [...useTold(offered).values()];
}

/** An act with its thing: `Stop db-main`, `db-main: Back up now…`. */
export function actWithName(label: string, name: string): string {
  const [, verb = '', dots = ''] = /^(.*?)(…?)$/.exec(label) ?? [];
  return verb.includes(' ') ? `${name}: ${label}` : `${verb} ${name}${dots}`;
}
