/** Where consoles are: a websocket of this server, whatever the machine. */
export const consolePath = '/api/raffia/v1/console';

/** Bytes of output that are sent before the client has said that it has dealt with any of them; then the machine waits. */
export const mostUnread = 262_144;

/** Bytes that may be typed before the server has said that it took any of them. */
export const mostUntaken = 65_536;

/** Bytes of the longest message that is taken from a client. */
export const longestMessage = 16_384;

/** How many columns or rows a terminal may have. */
export const largestSize = 1000;

/** The first message of a client: with it the console is opened. */
export interface ConsoleGreeting {
  readonly ticket: string;
  readonly columns: number;
  readonly rows: number;
}

/** What a client says beside what is typed, which goes as binary messages. */
export type ConsoleWord =
  | { readonly columns: number; readonly rows: number }
  /** How many bytes of output it has dealt with in all. */
  | { readonly read: number };

/** What the server says beside what the machine writes, which goes as binary messages. */
export type ConsoleAnswer =
  | { readonly state: 'open' }
  /** How many bytes of what was typed the machine has taken in all; said now and then. */
  | { readonly taken: number };

/** Why a console ended: the code with which the websocket is closed. Its reason is a sentence. */
export const consoleEnds = {
  /** The shell ended, as with `exit`. */
  exited: 4000,
  /** The ticket is none, was used, or has run out. */
  ticket: 4001,
  /** Whoever opened it may not have it any more. */
  access: 4002,
  /** The machine stopped, restarts, or is gone. */
  machine: 4003,
  /** Nothing was typed for a long time. */
  idle: 4004,
  /** Too many are open. */
  limit: 4005,
  /** The host of the machine does not do it. */
  host: 4006,
  /** The client said what no client says. */
  message: 4007,
  /** This server stops, or cannot go on with it. */
  server: 4008,
} as const;

export type ConsoleEnd = keyof typeof consoleEnds;
