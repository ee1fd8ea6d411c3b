import { useSyncExternalStore } from 'react';

export type Density = 'comfortable' | 'compact';

const key = 'raffia.density';
const listeners = new Set<() => void>();

export function setDensity(density: Density): void {
  localStorage.setItem(key, density);
  for (const listener of listeners) listener();
}

/** How high rows are, as the person likes it, in every list. */
export function useDensity(): Density {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (localStorage.getItem(key) === 'compact' ? 'compact' : 'comfortable'),
  );
}

export const rowHeights: Readonly<Record<Density, number>> = { comfortable: 40, compact: 36 };
