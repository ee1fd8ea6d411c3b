import { useEffect, useSyncExternalStore } from 'react';

/** What the open page shows: the title of the browser's tab, and the last word of the way to it. */
let current = '';
const listeners = new Set<() => void>();

function set(title: string): void {
  current = title;
  for (const listener of listeners) listener();
}

/** Names the thing that a page shows, as long as it is open. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Raffia`;
    set(title);
    return () => set('');
  }, [title]);
}

export function usePageTitle(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
