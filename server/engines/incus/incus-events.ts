import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Clock } from '../../foundation/clock.ts';
import { pingSocket } from '../../foundation/ping-socket.ts';
import type { IncusApi } from './incus-api.ts';

const firstRetryMs = 1000;
const longestRetryMs = 30_000;

interface LifecycleEvent {
  readonly type: string;
  readonly metadata?: { readonly action?: string; readonly source?: string };
}

/** What there is to tell of the host. */
export interface EventListener {
  connected(): void;
  /** @param wasThere whether it had been connected to before */
  lost(wasThere: boolean): void;
  happened(instance: string, action: string): void;
}

/** Follows what happens to instances, and comes back when the engine was away. Nothing is replayed then: whoever listens looks again. */
export class IncusEvents {
  readonly #api: IncusApi;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listener: EventListener;
  #socket: WebSocket | null = null;
  #retryMs = firstRetryMs;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(api: IncusApi, clock: Clock, log: Logger, listener: EventListener) {
    this.#api = api;
    this.#clock = clock;
    this.#log = log;
    this.#listener = listener;
    this.#open();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#socket?.terminate();
  }

  #open(): void {
    let ended = false;
    let isOpen = false;
    const again = () => {
      if (ended || this.#isClosed) return;
      ended = true;
      this.#listener.lost(isOpen);
      this.#cancel = this.#clock.after(this.#retryMs, () => this.#open());
      this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
    };
    try {
      // Only lifecycle events: those of operations carry secrets of terminals.
      const socket = this.#api.connection.webSocket(`/1.0/events?type=lifecycle&project=${this.#api.project}`);
      this.#socket = socket;
      socket.on('open', () => {
        // A connection over which nothing comes back any more is ended, so that a new one is made.
        pingSocket(socket, this.#clock);
        isOpen = true;
        this.#retryMs = firstRetryMs;
        this.#listener.connected();
      });
      socket.on('message', (data) => this.#read(String(data)));
      socket.on('close', again);
      socket.on('error', (error) => {
        this.#log.debug({ err: error }, 'the events of the engine are not to be had');
        again();
      });
    } catch (error) {
      this.#log.debug({ err: error }, 'the events of the engine are not to be had');
      again();
    }
  }

  #read(text: string): void {
    try {
      const { metadata } = JSON.parse(text) as LifecycleEvent;
      const instance = /^\/1\.0\/instances\/([^/?]+)/.exec(metadata?.source ?? '')?.[1];
      if (instance !== undefined && metadata?.action !== undefined) this.#listener.happened(instance, metadata.action);
    } catch (error) {
      this.#log.debug({ err: error }, 'an event of the engine could not be read');
    }
  }
}
