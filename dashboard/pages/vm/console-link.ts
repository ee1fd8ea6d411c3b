import {
  type ConsoleAnswer,
  type ConsoleEnd,
  type ConsoleGreeting,
  type ConsoleWord,
  consoleEnds,
  longestMessage,
  mostUnread,
  mostUntaken,
} from '@raffia/contract/console-socket.ts';

/** `lost`: the connection broke; `refused`: there was no ticket. */
export type LinkEnd = ConsoleEnd | 'lost' | 'refused';
export type LinkState =
  | { readonly is: 'connecting' | 'open' }
  | { readonly is: 'ended'; readonly end: LinkEnd; readonly sentence: string };

type Size = Omit<ConsoleGreeting, 'ticket'>;

/** What of a browser's websocket is used. */
export type Socket = Pick<WebSocket, 'binaryType' | 'close' | 'send' | 'onopen' | 'onmessage' | 'onclose'>;

interface Needs {
  readonly askTicket: () => Promise<{ readonly ticket: string; readonly url: string }>;
  readonly connect: (url: string) => Socket;
  /** Shows what the machine wrote, and calls back when that is done. */
  readonly show: (bytes: Uint8Array, done: () => void) => void;
  readonly onState: (state: LinkState) => void;
}

/** The server is told what was read each so many bytes. */
const toldEach = mostUnread / 8;
/** Bytes that may wait to be typed: more is no paste, but a file. */
export const mostTyped = 1_048_576;

/** One console, from its ticket to its end. What is typed waits here until the machine has taken what was typed before. */
export class ConsoleLink {
  readonly #with: Needs;
  #socket: Socket | undefined;
  #isOver = false;
  #isOpen = false;
  #size: Size;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #sent = 0;
  #taken = 0;
  #read = 0;
  #told = 0;

  constructor(size: Size, needs: Needs) {
    this.#size = size;
    this.#with = needs;
    needs.onState({ is: 'connecting' });
    needs.askTicket().then(
      ({ ticket, url }) => this.#open(ticket, url),
      (error: Error) => this.#end('refused', error.message),
    );
  }

  /** Types a text; false where it is too much at once. */
  type(text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    if (this.#isOver) return true;
    if (this.#waitingBytes + bytes.length > mostTyped) return false;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#send();
    return true;
  }

  resize(size: Size): void {
    this.#size = size;
    if (this.#isOpen) this.#say(size);
  }

  /** Leaves: the shell ends, and nothing is told any more. */
  leave(): void {
    this.#isOver = true;
    this.#socket?.close();
  }

  #open(ticket: string, url: string): void {
    if (this.#isOver) return;
    const socket = this.#with.connect(url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(JSON.stringify({ ticket, ...this.#size } satisfies ConsoleGreeting));
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code, reason }) => {
      const end = Object.entries(consoleEnds).find(([, its]) => its === code)?.[0] as ConsoleEnd | undefined;
      this.#end(end ?? 'lost', reason);
    };
  }

  #heard(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const bytes = new Uint8Array(data);
      this.#with.show(bytes, () => this.#dealtWith(bytes.length));
      return;
    }
    const answer = JSON.parse(data) as ConsoleAnswer;
    if ('taken' in answer) this.#taken = answer.taken;
    else {
      this.#isOpen = true;
      this.#with.onState({ is: 'open' });
      // It may have changed since the greeting.
      this.#say(this.#size);
    }
    this.#send();
  }

  #dealtWith(bytes: number): void {
    this.#read += bytes;
    if (this.#read - this.#told < toldEach) return;
    this.#told = this.#read;
    this.#say({ read: this.#read });
  }

  #send(): void {
    while (this.#isOpen && !this.#isOver) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const room = Math.min(longestMessage, mostUntaken - (this.#sent - this.#taken));
      if (room <= 0) return;
      const part = first.slice(0, room);
      if (part.length === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(room);
      this.#waitingBytes -= part.length;
      this.#sent += part.length;
      this.#socket?.send(part);
    }
  }

  #say(word: ConsoleWord): void {
    if (!this.#isOver) this.#socket?.send(JSON.stringify(word));
  }

  #end(end: LinkEnd, sentence: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isOpen = false;
    this.#with.onState({ is: 'ended', end, sentence });
  }
}
