import type { Change } from './freshness.ts';

/** After the server ended a stream, or could not be reached. */
const retryMs = 2_000;
/** After a refusal without a word when to come back. */
const refusedMs = 30_000;

/** Who is told what comes. */
export interface Listener {
  changed(change: Change): void;
  /** Something changed, and nobody knows what. */
  missed(): void;
  /** It goes on after an earlier stream: what the caller itself may do may be something else. */
  resumed(): void;
  /** The session is over; nothing more comes. */
  sessionEnded(): void;
  /** The account is closed to the caller. */
  refused(): void;
}

export interface Followed {
  readonly accountId: string;
  readonly signal: AbortSignal;
  /** The id of the last event of each account, where one was told before; it is kept up. */
  readonly heard: Map<string, string>;
  readonly fetch: typeof fetch;
  /** @param ms to wait; not waited for once the signal is aborted */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Follows the changes of an account until the signal ends it or the session is over; breaks are bridged. */
export async function followEvents(followed: Followed, listener: Listener): Promise<void> {
  const { accountId, signal, heard, sleep } = followed;
  let wasEndedByServer = false;
  while (!signal.aborted) {
    const lastId = heard.get(accountId);
    const response = await ask(followed, lastId);
    if (signal.aborted) return;
    let wait = retryMs;
    if (response?.ok && response.body !== null) {
      if (lastId !== undefined) listener.resumed();
      const isEnded = await readEvents(response.body, (event) => hear(event, followed, listener)).catch(() => false);
      // Whoever asks again hears why.
      wait = isEnded && !wasEndedByServer ? 0 : retryMs;
      wasEndedByServer = isEnded;
    } else if (response?.status === 401) {
      return listener.sessionEnded();
    } else if (response !== undefined) {
      if (response.status === 403) listener.refused();
      wait = Number(response.headers.get('retry-after') ?? Number.NaN) * 1000 || refusedMs;
      await sleep(wait, signal);
      // What changes meanwhile is not told.
      if (!signal.aborted && response.status !== 403) listener.missed();
      continue;
    }
    await sleep(wait, signal);
  }
}

async function ask({ accountId, signal, fetch }: Followed, lastId: string | undefined): Promise<Response | undefined> {
  const headers = { 'x-account-id': accountId, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
  return fetch('/api/raffia/v1/events', { headers, signal }).catch(() => undefined);
}

interface Event {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly data: string | undefined;
}

/** @returns whether it was the last: the server ends the stream */
function hear({ id, name, data }: Event, { accountId, heard, signal }: Followed, listener: Listener): boolean {
  if (signal.aborted) return false;
  if (name === 'gap') listener.missed();
  if (name === 'change' && data !== undefined) listener.changed(JSON.parse(data));
  if (id !== undefined) heard.set(accountId, id);
  return name === 'end';
}

/** @returns whether the last event said that it was */
async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  hearEvent: (event: Event) => boolean,
): Promise<boolean> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let isLast = false;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1];
      isLast = hearEvent({ id: field('id'), name: field('event'), data: field('data') });
    }
  }
  return isLast;
}
