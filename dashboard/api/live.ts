import { useEffect, useSyncExternalStore } from 'react';
import { observedFetch } from './connection.ts';
import { followEvents } from './follow-events.ts';
import { freshness, refreshSession, sessionEnded, useCurrent } from './session.tsx';
import { useTold } from './told.ts';

/** The id of the last event that was heard of each account. */
const heard = new Map<string, string>();

/**
 * Keeps what is shown fresh: the server tells what changed, and that is read anew. A page that nobody sees does not listen; when
 * somebody comes back to it, it hears what it missed.
 */
export function useLive(): void {
  const { account } = useCurrent();
  const hasEnded = useTold(sessionEnded);
  const isHidden = useIsHidden();
  useEffect(() => {
    if (hasEnded || isHidden) return;
    const stop = new AbortController();
    const { signal } = stop;
    void followEvents(
      { accountId: account.id, signal, heard, fetch: observedFetch, sleep },
      {
        changed: (change) => {
          // Who may do something else sees something else: whatever that changes follows from the session.
          if (change.resource === 'session') void refreshSession();
          else freshness.changed(account.id, change);
        },
        missed: () => freshness.changedAltogether(account.id),
        resumed: () => void refreshSession(),
        sessionEnded: () => sessionEnded.tell(true),
        refused: () => void refreshSession(),
      },
    );
    return () => stop.abort();
  }, [account.id, hasEnded, isHidden]);
}

function useIsHidden(): boolean {
  return useSyncExternalStore(
    (listener) => {
      document.addEventListener('visibilitychange', listener);
      return () => document.removeEventListener('visibilitychange', listener);
    },
    () => document.hidden,
  );
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });
}
