import net from 'node:net';
import { type Answers, type Plan, type Requests, type Stream, serial } from './generate.ts';

/**
 * The load of a measurement, in a process of its own: what it costs delays neither the server nor what is measured beside it. Plain
 * sockets and ready-made bytes, so that it takes little of the machine.
 */

/** Whoever has got no answer after this long gets none. */
const patienceMs = 30_000;
/** More open connections than a server could serve: what does not fit waits here, and its time counts. */
const mostSockets = 3000;

class Connection {
  readonly #socket: net.Socket;
  #text = '';
  #missing = -1;
  #status = 0;
  #closes = false;
  #answered: ((status: number) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  isOpen = true;

  constructor(port: number, host: string) {
    this.#socket = net.connect(port, host);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.isOpen = false;
      this.#answer(0);
    });
  }

  /** The status of the answer; 0 where none came. */
  ask(bytes: Buffer, answered: (status: number) => void): void {
    this.#answered = answered;
    this.#timer = setTimeout(() => this.close(), patienceMs);
    this.#socket.write(bytes);
  }

  close(): void {
    this.isOpen = false;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#missing < 0) {
      this.#text += bytes.toString('latin1');
      const end = this.#text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.#text.slice(0, end);
      this.#status = Number(head.slice(9, 12));
      this.#closes = /\r\nconnection: close/i.test(head);
      this.#missing = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0) - (this.#text.length - end - 4);
    } else this.#missing -= bytes.length;
    if (this.#missing > 0) return;
    this.#text = '';
    this.#missing = -1;
    if (this.#closes) this.close();
    this.#answer(this.#status);
  }

  #answer(status: number): void {
    const answered = this.#answered;
    this.#answered = undefined;
    clearTimeout(this.#timer);
    answered?.(status);
  }
}

/** Counts what came, in all and by the second in which it was due. */
class Record {
  readonly #statuses: { [status: string]: number } = {};
  readonly #seconds: { times: number[]; ok: number }[] = [];
  #sent = 0;

  sent(): void {
    this.#sent++;
  }

  answered(dueMs: number, endMs: number, status: number): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    this.#second(dueMs).times.push(endMs - dueMs);
    if (status >= 200 && status < 300) this.#second(endMs).ok++;
  }

  #second(ms: number) {
    // A timer may be a fraction early.
    const index = Math.max(0, Math.floor(ms / 1000));
    while (this.#seconds.length <= index) this.#seconds.push({ times: [], ok: 0 });
    return this.#seconds[index] as { times: number[]; ok: number };
  }

  report(): Answers {
    const all = this.#seconds.flatMap(({ times }) => times).sort((a, b) => a - b);
    return {
      sent: this.#sent,
      statuses: this.#statuses,
      p50: at(all, 0.5),
      p99: at(all, 0.99),
      max: at(all, 1),
      bySecond: this.#seconds.map(({ times, ok }) => ({
        ok,
        p99: at(
          times.sort((a, b) => a - b),
          0.99,
        ),
      })),
    };
  }
}

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const now = () => performance.timeOrigin + performance.now();

async function run(stream: Stream, port: number, host: string, startAt: number): Promise<Answers> {
  const record = new Record();
  const requests = bytesOf(stream.requests, `${host}:${port}`);
  const idle: Connection[] = [];
  const waiting: [Buffer, number][] = [];
  let open = 0;
  let pending = 0;
  let index = 0;
  const start = startAt + stream.afterSeconds * 1000;
  const end = start + stream.seconds * 1000;
  const send = (connection: Connection, bytes: Buffer, due: number) => {
    connection.ask(bytes, (status) => {
      pending--;
      record.answered(due - start, now() - start, status);
      if (!connection.isOpen) open--;
      else idle.push(connection);
      const next = waiting.shift();
      if (next !== undefined) give(next[0], next[1]);
      else if (stream.atOnce !== undefined && now() < end) ask();
    });
  };
  const give = (bytes: Buffer, due: number) => {
    let connection = idle.pop();
    while (connection !== undefined && !connection.isOpen) {
      open--;
      connection = idle.pop();
    }
    if (connection === undefined) {
      if (open >= mostSockets) {
        waiting.push([bytes, due]);
        return;
      }
      open++;
      connection = new Connection(port, host);
    }
    send(connection, bytes, due);
  };
  const ask = (due = now()) => {
    record.sent();
    pending++;
    give(numbered(requests[index % requests.length] as Buffer, index++), due);
  };
  await new Promise((begin) => setTimeout(begin, Math.max(0, start - now())));
  if (stream.atOnce !== undefined) for (let n = 0; n < stream.atOnce; n++) ask();
  const gap = 1000 / (stream.perSecond ?? 1);
  for (let count = 0; now() < end || pending > 0; ) {
    if (stream.perSecond !== undefined) {
      const until = Math.min(now(), end - 0.001);
      for (; start + count * gap <= until; count++) ask(start + count * gap);
    }
    await new Promise((again) => setTimeout(again, 1));
  }
  for (const connection of idle) connection.close();
  return record.report();
}

function bytesOf({ shared, each }: Requests, host: string): Buffer[] {
  return each.map((own) => {
    const { method, path, headers, body = '' } = { ...shared, ...own };
    const lines = Object.entries({
      host,
      ...shared.headers,
      ...headers,
      ...(method === 'GET' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  });
}

/** Names that must not come twice have a number in them. */
function numbered(bytes: Buffer, number: number): Buffer {
  const place = bytes.indexOf(serial);
  if (place < 0) return bytes;
  const own = Buffer.from(bytes);
  own.write(`${process.pid}-${number}`.padStart(serial.length, '0'), place);
  return own;
}

process.on('disconnect', () => process.exit(1));
process.once('message', async ({ url, startAt, streams }: Plan) => {
  const { port, hostname } = new URL(url);
  const answers: { [name: string]: Answers } = {};
  await Promise.all(
    streams.map(async (stream) => {
      answers[stream.name] = await run(stream, Number(port), hostname, startAt);
    }),
  );
  process.send?.(answers, () => process.exit(0));
});
