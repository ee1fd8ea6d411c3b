import { useEffect } from 'react';
import { observedFetch } from './connection.ts';
import { type Change, Freshness } from './freshness.ts';
import { queryClient, useCurrent } from './session.tsx';

const retryMs = 2_000;

/** What is on the screen, kept as it is on the server. */
export const freshness = new Freshness(queryClient);

/** Keeps what is shown fresh: the server tells what changed, and that is read anew. Reconnects by itself. */
export function useLive(): void {
  const { account } = useCurrent();
  useEffect(() => {
    const stop = new AbortController();
    const changed = (change: Change) => {
      // Who may do something else sees something else.
      if (change.resource === 'session') freshness.changedAltogether(account.id);
      else freshness.changed(account.id, change);
    };
    void listen(account.id, stop.signal, changed);
    return () => stop.abort();
  }, [account.id]);
}

async function listen(accountId: string, signal: AbortSignal, changed: (change: Change) => void): Promise<void> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      const response = await observedFetch('/api/raffia/v1/events', { headers: { 'x-account-id': accountId }, signal });
      if (response.ok && response.body !== null) {
        // What happened while nobody listened.
        if (!isFirst) freshness.changedAltogether(accountId);
        await readEvents(response.body, changed);
      }
    } catch {
      // The server is away, or the page is left; the loop knows which.
    }
    await new Promise((again) => setTimeout(again, retryMs));
  }
}

async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  changed: (change: Change) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) changed(JSON.parse(data));
    }
  }
}
