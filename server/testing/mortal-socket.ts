import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A way to a daemon's unix socket that ends as if whoever uses it were killed: right after so many changes were asked for, before the last of
 * them is answered. Each request has a connection of its own.
 */
export class MortalSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #lives: number;
  #isDead = false;

  private constructor(path: string, lives: number, target: string) {
    this.path = path;
    this.#lives = lives;
    this.#server = createServer((client) => this.#carry(client, target));
  }

  /** @param lives the number of the change that is its last; 0 makes none */
  static async open(path: string, target: string, lives: number): Promise<MortalSocket> {
    const socket = new MortalSocket(path, lives, target);
    await new Promise<void>((listening) => socket.#server.listen(path, listening));
    return socket;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
    rmSync(this.path, { force: true });
  }

  #carry(client: Socket, target: string): void {
    if (this.#isDead) return void client.destroy();
    const daemon = connect(target);
    for (const socket of [client, daemon]) {
      this.#open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#open.delete(socket));
    }
    client.once('data', (head: Buffer) => {
      const isChange = !/^(GET|HEAD) /.test(head.toString('latin1', 0, 5));
      if (isChange && this.#lives-- <= 1) return this.#die(client, daemon, head, this.#lives === 0);
      daemon.write(head);
      client.pipe(daemon).pipe(client);
    });
    client.on('close', () => daemon.end());
  }

  /** The daemon gets the whole of the request, and goes on with it. */
  #die(client: Socket, daemon: Socket, head: Buffer, isSent: boolean): void {
    this.#isDead = true;
    for (const other of this.#open) if (other !== daemon && other !== client) other.destroy();
    if (!isSent) return void client.destroy();
    daemon.write(head);
    client.pipe(daemon, { end: false });
    daemon.once('data', () => client.destroy());
  }
}
