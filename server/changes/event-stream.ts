import type { ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';
import type { EventStreams, Listener, News } from './event-streams.ts';
import type { Change } from './events.ts';

/** Who reads so slowly that more than this waits, in bytes, is let go: the page comes back and reads anew. */
const mostWaiting = 262_144;

/** What a page may show has changed, of a kind or, where the caller itself may do something else, altogether. */
const changeOf = (change: Change | { readonly resource: 'session' }) =>
  `event: change\ndata: ${JSON.stringify(change)}\n\n`;
/** Something changed of which nobody knows any more what it was. */
const gap = 'event: gap\ndata: {}\n\n';
/** The caller's access has ended: whoever asks again hears why. */
const accessEnded = 'event: end\ndata: {}\n\n';

/** A stream of changes as server-sent events. */
class EventStream implements Listener {
  readonly caller: Principal;
  readonly #raw: ServerResponse;

  constructor(caller: Principal, raw: ServerResponse) {
    this.caller = caller;
    this.#raw = raw;
  }

  isOpen(): boolean {
    return !this.#raw.writableEnded && !this.#raw.destroyed;
  }

  tell({ mayOther, changes, id, isBeat }: News): void {
    const raw = this.#raw;
    if (raw.writableLength > mostWaiting) return void raw.destroy();
    if (mayOther) raw.write(changeOf({ resource: 'session' }));
    if (isBeat) raw.write(`id: ${id}\n: still here\n\n`);
    const told = [...changes];
    const last = told.pop();
    // The last of them has the id: whoever has heard that has heard all.
    if (last !== undefined) raw.write(`${told.map(changeOf).join('')}id: ${id}\n${changeOf(last)}`);
  }

  accessEnded(): void {
    this.#raw.end(accessEnded);
  }

  serverEnds(): void {
    this.#raw.end();
  }
}

/**
 * Tells a caller what changes in its account over a connection, until its access ends or it leaves.
 *
 * @param lastId the id of the last that it was told by an earlier stream
 */
export function openEventStream(streams: EventStreams, caller: Principal, raw: ServerResponse, lastId?: string): void {
  const { id, isGap, leave } = streams.listen(new EventStream(caller, raw), lastId);
  raw.on('close', leave);
  raw.write(`retry: 2000\nid: ${id}\n: welcome\n\n`);
  if (isGap) raw.write(gap);
}
