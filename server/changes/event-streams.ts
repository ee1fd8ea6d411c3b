import type { ServerResponse } from 'node:http';
import { resourceOf } from '@raffia/contract/resources.ts';
import { maySee } from '../access/may-see.ts';
import { allowsTheSame, type Principal } from '../access/principal.ts';
import type { Standings } from '../access/standings.ts';
import { askFor } from '../database/asker.ts';
import type { Change, Events } from './events.ts';

const heartbeatMs = 15_000;
/** Changes within this time are told once: a machine on its way changes some ten times a second. */
const gatherMs = 100;
/** When the database does not say who may still listen, nobody is told anything until it does. */
const againMs = 1000;
/** So many are looked at and written to in one go: what else the server does comes in between. */
const batchSize = 200;
/** Who reads so slowly that more than this waits, in bytes, is let go: the page comes back and reads anew. */
const mostWaiting = 262_144;

/** What a page may show has changed, of a kind or, where the caller itself may do something else, altogether. */
const eventOf = (change: Change | { readonly resource: 'session' }) =>
  `event: change\ndata: ${JSON.stringify(change)}\n\n`;

interface Stream {
  readonly caller: Principal;
  readonly raw: ServerResponse;
  /** The caller with what it may do as it knows. */
  known: Principal;
  /** Something was taken away since the last time that the caller was looked at. */
  isInDoubt: boolean;
}

/** The streams of one account, and what they have not been told yet. */
interface Listeners {
  readonly streams: Set<Stream>;
  readonly gathered: Map<string, Change>;
  readonly leave: () => void;
  timer: NodeJS.Timeout | undefined;
  isTelling: boolean;
}

/**
 * All open streams of changes. Before anything is told, whoever would hear it is looked at anew, all of an account in one question that
 * begins after the change; with every heartbeat, all of them in batches; and at once when the process knows that something was taken away.
 */
export class EventStreams {
  readonly #standings: Standings;
  readonly #events: Events;
  readonly #accounts = new Map<string, Listeners>();
  readonly #heartbeat: NodeJS.Timeout;
  #isBeating = false;

  constructor(standings: Standings, events: Events) {
    this.#standings = standings;
    this.#events = events;
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
    standings.onTakenAway((mayConcern) => {
      for (const listeners of this.#accounts.values()) {
        let concerns = false;
        for (const stream of listeners.streams) {
          if (!mayConcern(stream.caller)) continue;
          stream.isInDoubt = true;
          concerns = true;
        }
        if (concerns) this.#tellSoon(listeners, 0);
      }
    });
  }

  /** How many are open. */
  get size(): number {
    let size = 0;
    for (const { streams } of this.#accounts.values()) size += streams.size;
    return size;
  }

  /** Tells a caller what changes in its account, until its access ends or it leaves. */
  add(caller: Principal, raw: ServerResponse): void {
    const stream: Stream = { caller, raw, known: caller, isInDoubt: false };
    const { accountId } = caller;
    const listeners = this.#listenersOf(accountId);
    listeners.streams.add(stream);
    raw.on('close', () => {
      listeners.streams.delete(stream);
      if (listeners.streams.size > 0) return;
      listeners.leave();
      clearTimeout(listeners.timer);
      if (this.#accounts.get(accountId) === listeners) this.#accounts.delete(accountId);
    });
    raw.write('retry: 2000\n: welcome\n\n');
    // Access may have ended between the gate and now.
    this.#tellSoon(listeners, 0);
  }

  /** Ends all streams: their clients come back to whoever serves then. */
  end(): void {
    clearInterval(this.#heartbeat);
    for (const { streams } of this.#accounts.values()) for (const { raw } of streams) raw.end();
  }

  #listenersOf(accountId: string): Listeners {
    const found = this.#accounts.get(accountId);
    if (found !== undefined) return found;
    const made: Listeners = {
      streams: new Set(),
      gathered: new Map(),
      leave: this.#events.listen(accountId, (change) => {
        made.gathered.set(`${change.resource} ${change.id}`, change);
        this.#tellSoon(made, gatherMs);
      }),
      timer: undefined,
      isTelling: false,
    };
    this.#accounts.set(accountId, made);
    return made;
  }

  #tellSoon(listeners: Listeners, ms: number): void {
    if (ms === 0) clearTimeout(listeners.timer);
    else if (listeners.timer !== undefined) return;
    listeners.timer = askFor(undefined, () => setTimeout(() => void this.#tell(listeners), ms));
  }

  async #tell(listeners: Listeners): Promise<void> {
    listeners.timer = undefined;
    // What is being found out began before what is to be told now.
    if (listeners.isTelling) return this.#tellSoon(listeners, gatherMs);
    listeners.isTelling = true;
    const changes = [...listeners.gathered.entries()];
    listeners.gathered.clear();
    const waiting = [...listeners.streams];
    try {
      while (waiting.length > 0) {
        const some = waiting.splice(0, batchSize);
        await this.#toWhoMay(some, ({ raw }, now) => {
          for (const [, change] of changes) {
            if (maySee(now, resourceOf(change.resource), change.project_id ?? null)) raw.write(eventOf(change));
          }
        }).catch((error) => {
          waiting.unshift(...some);
          throw error;
        });
      }
    } catch {
      // Told twice is told: only that something changed is told, and it is read anew.
      for (const [name, change] of changes) listeners.gathered.set(name, change);
      this.#tellSoon(listeners, againMs);
    } finally {
      listeners.isTelling = false;
    }
  }

  /** Writes to those who still may listen, and ends the others. Whoever lost something meanwhile is looked at again. */
  async #toWhoMay(streams: readonly Stream[], write: (stream: Stream, now: Principal) => void): Promise<void> {
    for (let asked = streams; asked.length > 0; asked = asked.filter(({ isInDoubt }) => isInDoubt)) {
      for (const stream of asked) stream.isInDoubt = false;
      const standing = await this.#standings.now(asked.map(({ caller }) => caller));
      for (const [index, stream] of asked.entries()) {
        const { raw } = stream;
        const now = standing[index];
        if (stream.isInDoubt || raw.writableEnded || raw.destroyed) continue;
        if (now === undefined) raw.end();
        else if (raw.writableLength > mostWaiting) raw.destroy();
        else {
          if (!allowsTheSame(stream.known, now)) raw.write(eventOf({ resource: 'session' }));
          stream.known = now;
          write(stream, now);
        }
      }
    }
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    const all = [...this.#accounts.values()].flatMap(({ streams }) => [...streams]);
    try {
      for (let from = 0; from < all.length; from += batchSize) {
        await this.#toWhoMay(all.slice(from, from + batchSize), ({ raw }) => raw.write(': still here\n\n'));
      }
    } catch {
      // The database is away: the next beat looks again, and nothing is told before.
    } finally {
      this.#isBeating = false;
    }
  }
}
