import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';

/** An SMTP server that keeps every mail, and takes those whose recipients it does not refuse. */
export class TestMailServer {
  readonly mails: string[] = [];
  /** Recipients that are refused. */
  readonly refused = new Set<string>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port = 0): Promise<TestMailServer> {
    const server = createServer((socket) => {
      let isData = false;
      let text = '';
      socket.on('error', () => {});
      socket.write('220 test\r\n');
      socket.on('data', (chunk) => {
        text += chunk;
        for (
          let end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n');
          end >= 0;
          end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n')
        ) {
          const part = text.slice(0, end);
          text = text.slice(end + (isData ? 5 : 2));
          if (isData) {
            made.mails.push(part);
            isData = false;
            socket.write('250 taken\r\n');
          } else if (/^DATA/i.test(part)) {
            isData = true;
            socket.write('354 go on\r\n');
          } else if (/^RCPT/i.test(part) && made.refused.has(/<(.*?)>/.exec(part)?.[1] ?? '')) {
            socket.write('550 nobody of that name\r\n');
          } else if (/^QUIT/i.test(part)) {
            socket.end('221 bye\r\n');
          } else {
            socket.write('250 fine\r\n');
          }
        }
      });
    });
    const made = new TestMailServer(server);
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    return made;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((closed) => this.#server.close(closed));
  }
}
