import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut as a network is: what is sent then is not delivered, and nobody is told. */
export class Relay {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
    const { address, port } = server.address() as { address: string; port: number };
    this.host = address;
    this.port = port;
  }

  /** @param host the address that it listens on */
  static async open(target: { readonly host: string; readonly port: number }, host = '127.0.0.1'): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, host, listening));
    const relay = new Relay(server);
    server.on('connection', (client) => relay.#carry(client, connect(target)));
    return relay;
  }

  /** Nothing comes through any more, of what is open and of what is opened. */
  cut(): void {
    this.#isCut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** What was open before is closed, as by a host that has forgotten it; what is opened from now on comes through. */
  mend(): void {
    this.#isCut = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  async close(): Promise<void> {
    this.mend();
    await new Promise((closed) => this.#server.close(closed));
  }

  #carry(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [server, client] as const]) {
      from.on('error', () => {});
      from.on('data', (bytes) => to.write(bytes));
      from.on('end', () => !this.#isCut && to.end());
      from.on('close', () => {
        if (this.#isCut) return;
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#isCut) for (const socket of pair) socket.pause();
  }
}
