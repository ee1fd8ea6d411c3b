import type { VM } from '@raffia/client/client.ts';
import { resources } from '@raffia/contract/resources.ts';
import { useEffect } from 'react';
import { observedFetch } from './connection.ts';
import { queryClient, useCurrent } from './session.tsx';

/** Which queries a change makes stale, by the first word of its verb. */
const stale = new Map<string, readonly string[]>(Object.values(resources).map(({ noun, shownIn }) => [noun, shownIn]));
const retryMs = 2_000;

/** Keeps what is shown fresh: the server tells what changed, and that is read anew. Reconnects by itself. */
export function useLive(): void {
  const { account, api } = useCurrent();
  useEffect(() => {
    const stop = new AbortController();
    const changedVms = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;

    const refresh = async () => {
      timer = undefined;
      const ids = [...changedVms].filter((id) => id !== 'undefined');
      changedVms.clear();
      if (ids.length > 10) {
        await queryClient.invalidateQueries({ queryKey: [account.id, 'vms'] });
        return;
      }
      for (const id of ids) {
        const vm = await api.getVM({ id }, { signal: stop.signal }).then(
          ({ data }) => data,
          () => undefined,
        );
        queryClient.setQueryData<VM[]>([account.id, 'vms'], (list) => patched(list, id, vm));
      }
    };
    const changed = (change: { resource: string; id?: string }) => {
      // Who may do something else sees something else.
      if (change.resource === 'session') return void queryClient.invalidateQueries();
      for (const name of stale.get(change.resource) ?? [...stale.values()].flat()) {
        void queryClient.invalidateQueries({ queryKey: name === 'session' ? [name] : [account.id, name] });
      }
      void queryClient.invalidateQueries({ queryKey: [account.id, 'audit'] });
      if (change.resource !== 'vm') return;
      changedVms.add(String(change.id));
      timer ??= setTimeout(() => void refresh(), 150);
    };
    void listen(account.id, stop.signal, changed);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [account.id, api]);
}

function patched(list: VM[] | undefined, id: string, vm: VM | undefined): VM[] | undefined {
  if (list === undefined) return undefined;
  if (vm === undefined) return list.filter((one) => one.id !== id);
  return list.some((one) => one.id === id) ? list.map((one) => (one.id === id ? vm : one)) : [vm, ...list];
}

async function listen(
  accountId: string,
  signal: AbortSignal,
  changed: (change: { resource: string; id?: string }) => void,
): Promise<void> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      const response = await observedFetch('/api/raffia/v1/events', { headers: { 'x-account-id': accountId }, signal });
      if (response.ok && response.body !== null) {
        // What happened while nobody listened.
        if (!isFirst) void queryClient.invalidateQueries();
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
  changed: (change: { resource: string; id?: string }) => void,
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
