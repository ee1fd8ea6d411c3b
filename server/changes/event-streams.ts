import { resourceOf } from '@raffia/contract/resources.ts';
import { maySee } from '../access/may-see.ts';
import { allowsTheSame, type Principal } from '../access/principal.ts';
import type { Standings } from '../access/standings.ts';
import { askFor } from '../database/asker.ts';
import { ChangeLog } from './change-log.ts';
import type { Change, Events } from './events.ts';

const heartbeatMs = 15_000;
/** How often those are looked at that let somebody do something, and not only hear of it. */
const watchMs = 1000;
/** Changes within this time are told once: a machine on its way changes some ten times a second. */
const gatherMs = 100;
/** When the database does not say who may still listen, nobody is told anything until it does. */
const againMs = 1000;
/** So many are looked at and written to in one go: what else the server does comes in between. */
const batchSize = 200;
/** For so long it is known what an account's last listener has missed since it left. */
const rememberedMs = 300_000;

/** What a listener is told whose access stands. */
export interface News {
  /** The caller as it is now. */
  readonly now: Principal;
  /** Whether it may do something else than when it was told last. */
  readonly mayOther: boolean;
  /** What changed since then, of what it may see. */
  readonly changes: readonly Change[];
  /** Who has heard this has heard all until here. */
  readonly id: string;
  /** Nothing happened: it is told that all is as it was. */
  readonly isBeat: boolean;
}

/** Something open that ends with its caller's access. */
export interface Listener {
  readonly caller: Principal;
  /** Looked at every second, and not with the heartbeat alone: time and other nodes end its access without a word to this process. */
  readonly isWatched?: true;
  /** Whether somebody is there who hears it. */
  isOpen(): boolean;
  tell(news: News): void;
  /** The caller's access has ended: whoever asks again hears why. */
  accessEnded(): void;
  /** The server is about to stop: clients come back to whoever serves then. */
  serverEnds(): void;
}

interface Place {
  readonly listener: Listener;
  /** The caller with what it may do as it knows. */
  known: Principal;
  /** Something was taken away since the last time that the caller was looked at. */
  isInDoubt: boolean;
  /** All that it may hear until this change of the account's log was told. */
  heard: number;
}

/** The listeners of one account, and what is told to them. */
interface Audience {
  readonly places: Set<Place>;
  readonly log: ChangeLog;
  readonly leave: () => void;
  timer: NodeJS.Timeout | undefined;
  /** Runs while there is no listener. */
  forgetting: NodeJS.Timeout | undefined;
  isTelling: boolean;
}

/** How a listener goes, and what it has heard of when it comes. */
export interface Listening {
  readonly id: string;
  /** Nobody knows any more what it missed. */
  readonly isGap: boolean;
  leave(): void;
}

/**
 * All that is open and ends with its caller's access: streams of changes, and consoles. Before anything is told, whoever would hear it is
 * looked at anew, all of an account in one question that begins after the change; with every heartbeat, all of them in batches; and at once
 * when the process knows that something was taken away.
 */
export class EventStreams {
  readonly #standings: Standings;
  readonly #events: Events;
  readonly #accounts = new Map<string, Audience>();
  readonly #beats: readonly NodeJS.Timeout[];

  constructor(standings: Standings, events: Events) {
    this.#standings = standings;
    this.#events = events;
    this.#beats = [
      this.#every(heartbeatMs, ({ isWatched }) => isWatched !== true),
      this.#every(watchMs, ({ isWatched }) => isWatched === true),
    ];
    standings.onTakenAway((mayConcern) => {
      for (const audience of this.#accounts.values()) {
        let concerns = false;
        for (const place of audience.places) {
          if (!mayConcern(place.listener.caller)) continue;
          place.isInDoubt = true;
          concerns = true;
        }
        if (concerns) this.#tellSoon(audience, 0);
      }
    });
  }

  /** How many streams of changes are open. */
  get size(): number {
    return this.#count(({ isWatched }) => isWatched !== true);
  }

  /** How many consoles are open, or about to be. */
  get consoles(): number {
    return this.#count(({ isWatched }) => isWatched === true);
  }

  #count(isCounted: (listener: Listener) => boolean): number {
    let count = 0;
    for (const { places } of this.#accounts.values()) {
      for (const { listener } of places) if (isCounted(listener)) count++;
    }
    return count;
  }

  /**
   * Tells a listener what changes in its caller's account, until its access ends or it leaves. It is looked at at once.
   *
   * @param lastId the id of the last that it was told by an earlier stream: it hears what it missed since, or that nobody knows that
   */
  listen(listener: Listener, lastId?: string): Listening {
    const { caller } = listener;
    const { accountId } = caller;
    const audience = this.#audienceOf(accountId);
    clearTimeout(audience.forgetting);
    const { log, places } = audience;
    const heard = lastId === undefined ? log.last : log.heardUntil(lastId);
    const place: Place = { listener, known: caller, isInDoubt: false, heard: heard ?? log.last };
    places.add(place);
    const leave = () => {
      if (!places.delete(place) || places.size > 0) return;
      clearTimeout(audience.timer);
      audience.forgetting = setTimeout(() => {
        audience.leave();
        this.#accounts.delete(accountId);
      }, rememberedMs);
      audience.forgetting.unref();
    };
    // Access may have ended between the gate and now.
    this.#tellSoon(audience, 0);
    return { id: log.idOf(place.heard), isGap: heard === undefined, leave };
  }

  /** Ends all: their clients come back to whoever serves then. */
  end(): void {
    for (const beat of this.#beats) clearInterval(beat);
    for (const { places } of this.#accounts.values()) for (const { listener } of [...places]) listener.serverEnds();
  }

  #audienceOf(accountId: string): Audience {
    const found = this.#accounts.get(accountId);
    if (found !== undefined) return found;
    const made: Audience = {
      places: new Set(),
      log: new ChangeLog(),
      leave: this.#events.listen(accountId, (change) => {
        made.log.add(change);
        if (made.places.size > 0) this.#tellSoon(made, gatherMs);
      }),
      timer: undefined,
      forgetting: undefined,
      isTelling: false,
    };
    this.#accounts.set(accountId, made);
    return made;
  }

  #tellSoon(audience: Audience, ms: number): void {
    if (ms === 0) clearTimeout(audience.timer);
    else if (audience.timer !== undefined) return;
    audience.timer = askFor(undefined, () => setTimeout(() => void this.#tell(audience), ms));
  }

  async #tell(audience: Audience): Promise<void> {
    audience.timer = undefined;
    // What is being found out began before what is to be told now.
    if (audience.isTelling) return this.#tellSoon(audience, gatherMs);
    audience.isTelling = true;
    const { places, log } = audience;
    const until = log.last;
    const all = [...places];
    /** Most have heard the same. */
    const unheard = new Map([...new Set(all.map(({ heard }) => heard))].map((heard) => [heard, log.after(heard)]));
    try {
      for (let from = 0; from < all.length; from += batchSize) {
        await this.#toWhoMay(all.slice(from, from + batchSize), (place, now, mayOther) => {
          const changes = (unheard.get(place.heard) ?? []).filter(({ resource, project_id }) =>
            maySee(now, resourceOf(resource), project_id ?? null),
          );
          place.listener.tell({ now, mayOther, changes, id: log.idOf(until), isBeat: false });
          place.heard = until;
        });
      }
    } catch {
      // Whoever was told has heard it, and the others hear it then.
      this.#tellSoon(audience, againMs);
    } finally {
      audience.isTelling = false;
    }
  }

  /** Tells those who still may listen, and ends the others. Whoever lost something meanwhile is looked at again. */
  async #toWhoMay(
    places: readonly Place[],
    tell: (place: Place, now: Principal, mayOther: boolean) => void,
  ): Promise<void> {
    for (let asked = places; asked.length > 0; asked = asked.filter(({ isInDoubt }) => isInDoubt)) {
      for (const place of asked) place.isInDoubt = false;
      const standing = await this.#standings.now(asked.map(({ listener }) => listener.caller));
      for (const [index, place] of asked.entries()) {
        const { listener, known } = place;
        const now = standing[index];
        if (place.isInDoubt || !listener.isOpen()) continue;
        if (now === undefined) listener.accessEnded();
        else {
          place.known = now;
          tell(place, now, !allowsTheSame(known, now));
        }
      }
    }
  }

  /** Looks at some of all listeners in turn, a turn after the other. */
  #every(ms: number, isMeant: (listener: Listener) => boolean): NodeJS.Timeout {
    let isBeating = false;
    const beat = async () => {
      if (isBeating) return;
      const all = [...this.#accounts.values()].flatMap(({ places, log }) =>
        [...places].filter(({ listener }) => isMeant(listener)).map((place) => [place, log] as const),
      );
      isBeating = true;
      try {
        for (let from = 0; from < all.length; from += batchSize) {
          const logs = new Map(all.slice(from, from + batchSize));
          await this.#toWhoMay([...logs.keys()], (place, now, mayOther) => {
            const id = (logs.get(place) as ChangeLog).idOf(place.heard);
            place.listener.tell({ now, mayOther, changes: [], id, isBeat: true });
          });
        }
      } catch {
        // The database is away: the next beat looks again, and nothing is told before.
      } finally {
        isBeating = false;
      }
    };
    return setInterval(() => void beat(), ms).unref();
  }
}
