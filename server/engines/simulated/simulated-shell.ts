import { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { TerminalSize } from '../engine.ts';
import type { Machine } from './existing-machine.ts';

const longestLine = 1000;
/** Characters that are kept of what is typed while a command runs. */
const mostAhead = 4096;
const mostRemembered = 50;
const batch = 16_384;

const interrupt = '\x03';
const esc = '\x1b';
const cleared = `${esc}[2J${esc}[H`;
/** A key: of those that begin with an escape, all of it; else a character. */
const oneKey = new RegExp(`^(?:${esc}\\[[\\d;]*[A-Za-z~]|${esc}O[A-Z]|${esc}[^[O]|.)`, 'su');

type Facts = Pick<Machine, 'hostname' | 'cpu' | 'ram' | 'disk' | 'addresses'>;
/** What a command writes, a line at a time, with lines that end in \n. */
type Output = Iterable<string>;

const banner = `This VM is simulated. Nothing runs behind this console but a small shell.
Type help to see what it can do.

`;

const words: Readonly<Record<string, string>> = {
  help: 'shows this list',
  hostname: 'the name of the VM',
  nproc: 'how many vCPUs it has',
  free: 'how much memory it has',
  df: 'how large its disk is',
  ip: 'its addresses',
  uname: 'what this is',
  whoami: 'who you are here',
  echo: 'repeats its words',
  seq: 'counts to a number',
  stty: 'stty size shows rows and columns of this terminal',
  clear: 'clears the screen (also Ctrl+L)',
  exit: 'ends the shell (also Ctrl+D)',
};

/** What stands for a guest where there is none: it says so, and tells what the simulated machine is. */
export class SimulatedShell extends Duplex {
  readonly #facts: Facts;
  readonly #decoder = new StringDecoder('utf8');
  readonly #history: string[] = [];
  #size: TerminalSize;
  #line = '';
  /** Where in the history the line comes from. */
  #recalled = 0;
  /** What is still to be read as keys, beginning with an escape that is not whole yet. */
  #keys = '';
  readonly #keyActs: Readonly<Record<string, () => void>> = {
    '\r': () => this.#enter(),
    '\n': () => this.#enter(),
    '\x7f': () => this.#erase(),
    '\b': () => this.#erase(),
    [interrupt]: () => this.#drop(),
    '\x04': () => {
      if (this.#line === '') this.#exit();
    },
    '\x0c': () => this.#show(`${cleared}${this.#prompt}${this.#line}`),
    [`${esc}[A`]: () => this.#recall(-1),
    [`${esc}OA`]: () => this.#recall(-1),
    [`${esc}[B`]: () => this.#recall(1),
    [`${esc}OB`]: () => this.#recall(1),
  };
  #running: Iterator<string> | undefined;
  #isOver = false;
  #isTurnDue = false;
  #wantsMore = true;

  constructor(facts: Facts, size: TerminalSize) {
    super({ decodeStrings: true });
    this.#facts = facts;
    this.#size = size;
    this.#show(`${banner}${this.#prompt}`);
  }

  resize(size: TerminalSize): void {
    this.#size = size;
  }

  /** The machine has ended, and the shell with it. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#running = undefined;
    this.push(null);
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#goOn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const typed = this.#decoder.write(chunk);
    if (this.#running !== undefined && typed.includes(interrupt)) {
      this.#running = undefined;
      this.#keys = '';
      this.#show(`^C\n${this.#prompt}`);
      this.#take(typed.slice(typed.lastIndexOf(interrupt) + 1));
    } else this.#take(typed);
    done();
  }

  get #prompt(): string {
    return `root@${this.#facts.hostname}:~# `;
  }

  #show(text: string): void {
    if (!this.#isOver) this.#wantsMore = this.push(text.replaceAll('\n', '\r\n'));
  }

  #take(typed: string): void {
    this.#keys = (this.#keys + typed).slice(0, mostAhead);
    while (this.#running === undefined && this.#keys !== '' && !this.#isOver) {
      const [key] = oneKey.exec(this.#keys) ?? [];
      // The rest of an escape is on its way.
      if (key === undefined || (key === esc && this.#keys.length < 8)) return;
      this.#keys = this.#keys.slice(key.length);
      this.#press(key);
    }
  }

  #press(key: string): void {
    const act = this.#keyActs[key];
    if (act !== undefined) act();
    else if (key >= ' ' && this.#line.length < longestLine) {
      this.#line += key;
      this.#show(key);
    }
  }

  #erase(): void {
    if (this.#line === '') return;
    this.#line = [...this.#line].slice(0, -1).join('');
    this.#show('\b \b');
  }

  #drop(): void {
    this.#line = '';
    this.#show(`^C\n${this.#prompt}`);
  }

  #recall(step: 1 | -1): void {
    const place = this.#recalled + step;
    if (place < 0 || place > this.#history.length) return;
    this.#recalled = place;
    this.#line = this.#history[place] ?? '';
    this.#show(`\r${esc}[K${this.#prompt}${this.#line}`);
  }

  #enter(): void {
    const line = this.#line.trim();
    this.#line = '';
    this.#show('\n');
    if (line !== '' && this.#history.at(-1) !== line) this.#history.push(line);
    if (this.#history.length > mostRemembered) this.#history.shift();
    this.#recalled = this.#history.length;
    const [command = '', ...rest] = line.split(/\s+/);
    if (command === 'exit' || command === 'logout') this.#exit();
    else {
      this.#running = this.#run(command, rest)[Symbol.iterator]();
      this.#goOn();
    }
  }

  #exit(): void {
    this.#show('logout\n');
    this.leave();
  }

  #run(command: string, rest: readonly string[]): Output {
    const { hostname, cpu, ram, disk, addresses } = this.#facts;
    switch (command) {
      case '':
        return [];
      case 'help':
        return Object.entries(words).map(([name, about]) => `${name.padEnd(10)}${about}\n`);
      case 'hostname':
        return [`${hostname}\n`];
      case 'nproc':
        return [`${cpu}\n`];
      case 'free':
        return [`Memory    ${ram} GB\n`];
      case 'df':
        return [`/         ${disk} GB\n`];
      case 'ip':
        return addresses.map((address, number) => `eth${number}      ${address}\n`);
      case 'uname':
        return ['A simulated VM of Raffia\n'];
      case 'whoami':
        return ['root\n'];
      case 'echo':
        return [`${rest.join(' ')}\n`];
      case 'seq':
        return /^\d{1,9}$/.test(rest[0] ?? '') ? counting(Number(rest[0])) : ['seq: how far? such as seq 10\n'];
      case 'stty':
        return rest[0] === 'size' ? [`${this.#size.rows} ${this.#size.columns}\n`] : ['stty: only stty size\n'];
      case 'clear':
        return [cleared];
      default:
        return [`${command}: not in this simulated VM; type help\n`];
    }
  }

  /** Writes what runs for as long as somebody reads, a batch at a time: what else the server does comes in between. */
  #goOn(): void {
    if (this.#isTurnDue || this.#running === undefined || !this.#wantsMore) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      const running = this.#running;
      if (running === undefined || this.destroyed) return;
      let text = '';
      while (text.length < batch) {
        const next = running.next();
        if (next.done === true) {
          this.#running = undefined;
          text += this.#prompt;
          break;
        }
        text += next.value;
      }
      this.#show(text);
      if (this.#running === undefined) this.#take('');
      else this.#goOn();
    });
  }
}

function* counting(to: number): Generator<string> {
  for (let number = 1; number <= to; number++) yield `${number}\n`;
}
