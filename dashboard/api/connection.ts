import { useSyncExternalStore } from 'react';

/** Whether the server answers: what the banner tells, and what waits for its return listens to. */
let isAway = false;
const listeners = new Set<() => void>();

function set(away: boolean): void {
  if (away === isAway) return;
  isAway = away;
  for (const listener of listeners) listener();
}

/** `fetch`, observed: one answer is enough to know that the server is back. */
export const observedFetch: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init);
    set(response.status === 502 || response.status === 503 || response.status === 504);
    return response;
  } catch (error) {
    if (!init?.signal?.aborted) set(true);
    throw error;
  }
};

export function useIsAway(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isAway,
  );
}
