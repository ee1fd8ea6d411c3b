import type { ServerResponse } from 'node:http';
import { resourceOf } from '@raffia/contract/resources.ts';
import { maySee } from '../access/may-see.ts';
import { allowsTheSame, type Principal } from '../access/principal.ts';
import type { Standings } from '../access/standings.ts';
import { askFor } from '../database/asker.ts';
import { ChangeLog } from './change-log.ts';
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
/** For so long it is known what an account's last listener has missed since it left. */
const rememberedMs = 300_000;

/** What a page may show has changed, of a kind or, where the caller itself may do something else, altogether. */
const changeOf = (change: Change | { readonly resource: 'session' }) =>
  `event: change\ndata: ${JSON.stringify(change)}\n\n`;
/** Something changed of which nobody knows any more what it was. */
const gap = 'event: gap\ndata: {}\n\n';
/** The caller's access has ended: whoever asks again hears why. */
const accessEnded = 'event: end\ndata: {}\n\n';

interface Stream {
  readonly caller: Principal;
  readonly raw: ServerResponse;
  /** The caller with what it may do as it knows. */
  known: Principal;
  /** Something was taken away since the last time that the caller was looked at. */
  isInDoubt: boolean;
  /** All that it may hear until this change of the account's log was told. */
  heard: number;
}

/** The streams of one account, and what is told to them. */
interface Listeners {
  readonly streams: Set<Stream>;
  readonly log: ChangeLog;
  readonly leave: () => void;
  timer: NodeJS.Timeout | undefined;
  /** Runs while there is no stream. */
  forgetting: NodeJS.Timeout | undefined;
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

  /**
   * Tells a caller what changes in its account, until its access ends or it leaves.
   *
   * @param lastId the id of the last that it was told by an earlier stream: it hears what it missed since, or that nobody knows that
   */
  add(caller: Principal, raw: ServerResponse, lastId?: string): void {
    const { accountId } = caller;
    const listeners = this.#listenersOf(accountId);
    clearTimeout(listeners.forgetting);
    const { log } = listeners;
    const heard = lastId === undefined ? log.last : log.heardUntil(lastId);
    const stream: Stream = { caller, raw, known: caller, isInDoubt: false, heard: heard ?? log.last };
    listeners.streams.add(stream);
    raw.on('close', () => {
      listeners.streams.delete(stream);
      if (listeners.streams.size > 0) return;
      clearTimeout(listeners.timer);
      listeners.forgetting = setTimeout(() => {
        listeners.leave();
        this.#accounts.delete(accountId);
      }, rememberedMs);
      listeners.forgetting.unref();
    });
    raw.write(`retry: 2000\nid: ${log.idOf(stream.heard)}\n: welcome\n\n`);
    if (heard === undefined) raw.write(gap);
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
      log: new ChangeLog(),
      leave: this.#events.listen(accountId, (change) => {
        made.log.add(change);
        if (made.streams.size > 0) this.#tellSoon(made, gatherMs);
      }),
      timer: undefined,
      forgetting: undefined,
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
    const { streams, log } = listeners;
    const until = log.last;
    const all = [...streams];
    /** Most have heard the same. */
    const unheard = new Map([...new Set(all.map(({ heard }) => heard))].map((heard) => [heard, log.after(heard)]));
    try {
      for (let from = 0; from < all.length; from += batchSize) {
        await this.#toWhoMay(all.slice(from, from + batchSize), (stream, now) => {
          const told = (unheard.get(stream.heard) ?? []).filter(({ resource, project_id }) =>
            maySee(now, resourceOf(resource), project_id ?? null),
          );
          const last = told.pop();
          if (last !== undefined) {
            // The last of them has the id: whoever has heard that has heard all.
            stream.raw.write(`${told.map(changeOf).join('')}id: ${log.idOf(until)}\n${changeOf(last)}`);
          }
          stream.heard = until;
        });
      }
    } catch {
      // Whoever was told has heard it, and the others hear it then.
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
        if (now === undefined) raw.end(accessEnded);
        else if (raw.writableLength > mostWaiting) raw.destroy();
        else {
          if (!allowsTheSame(stream.known, now)) raw.write(changeOf({ resource: 'session' }));
          stream.known = now;
          write(stream, now);
        }
      }
    }
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    const all = [...this.#accounts.values()].flatMap(({ streams, log }) =>
      [...streams].map((stream) => ({ stream, log })),
    );
    try {
      for (let from = 0; from < all.length; from += batchSize) {
        const logs = new Map(all.slice(from, from + batchSize).map(({ stream, log }) => [stream, log]));
        await this.#toWhoMay([...logs.keys()], (stream) => {
          stream.raw.write(`id: ${logs.get(stream)?.idOf(stream.heard)}\n: still here\n\n`);
        });
      }
    } catch {
      // The database is away: the next beat looks again, and nothing is told before.
    } finally {
      this.#isBeating = false;
    }
  }
}
