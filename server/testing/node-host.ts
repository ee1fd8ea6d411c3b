import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardFolder } from './guard.ts';
import { Relay } from './relay.ts';
import { claimFolder, removeNamespaces, sweepHosts } from './sweep-hosts.ts';

/** A way from a node to something it needs, which can be cut as a network is: nothing comes through, and nobody is told. */
export interface Way {
  readonly host: string;
  readonly port: number;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Where a node runs, and the ways from there. */
export interface NodeHost {
  /** What goes before the command that is to run there. */
  readonly prefix: readonly string[];
  /** The address that the node listens on, and the one from which it is called. */
  readonly address: string;
  readonly callers: string;
  way(target: { readonly host: string; readonly port: number }): Promise<Way>;
  remove(): void;
}

/** A network of its own where the kernel gives one, as another machine has; where it does not, this one's, with relays for ways. */
export function nodeHost(): NodeHost {
  return whyNoNamespaces() === undefined ? new NamespaceHost() : new SameHost();
}

/** Why a node cannot have a network of its own here; undefined where it can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['/usr/sbin/ip', '/usr/sbin/nft', '/usr/bin/nsenter'].filter((file) => !existsSync(file));
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}`;
}

class SameHost implements NodeHost {
  readonly prefix = [];
  readonly address = '127.0.0.1';
  readonly callers = '127.0.0.1';

  way(target: { host: string; port: number }): Promise<Way> {
    return Relay.open(target, this.address);
  }

  remove(): void {}
}

class NamespaceHost implements NodeHost {
  readonly prefix: readonly string[];
  readonly address: string;
  readonly callers: string;
  readonly #namespace: string;
  readonly #folder: string;

  constructor() {
    sweepHosts();
    const tag = randomBytes(4).toString('hex');
    this.#namespace = `rfn${tag}`;
    this.#folder = mkdtempSync(join(tmpdir(), 'raffia-node-'));
    guardFolder(this.#folder);
    claimFolder(this.#folder, [this.#namespace]);
    // A pair of 100.64.0.0/10, which is nobody's.
    const pair = (100 << 24) | (64 << 16) | ((Number.parseInt(tag, 16) & 0xfffff) << 2);
    const [callers, address] = [1, 2].map((last) =>
      [24, 16, 8, 0].map((bits) => ((pair | last) >>> bits) & 255).join('.'),
    );
    this.callers = callers as string;
    this.address = address as string;
    this.prefix = ['nsenter', `--net=/run/netns/${this.#namespace}`];
    const outer = `rfv${tag}`;
    const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    ip('netns', 'add', this.#namespace);
    ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#namespace);
    ip('addr', 'add', `${this.callers}/30`, 'dev', outer);
    ip('link', 'set', outer, 'up');
    ip('-n', this.#namespace, 'addr', 'add', `${this.address}/30`, 'dev', 'eth0');
    ip('-n', this.#namespace, 'link', 'set', 'lo', 'up');
    ip('-n', this.#namespace, 'link', 'set', 'eth0', 'up');
  }

  /** What listens on this machine's loopback is reached from the other network through a relay; what cuts the way are dropped packets. */
  async way(target: { host: string; port: number }): Promise<Way> {
    const relay = await Relay.open(target, this.callers);
    const table = `inet cut_${relay.port}`;
    return {
      host: this.callers,
      port: relay.port,
      cut: () =>
        this.#rules(`table ${table} {
          chain away { type filter hook postrouting priority 0; tcp dport ${relay.port} drop; }
          chain back { type filter hook prerouting priority 0; tcp sport ${relay.port} drop; }
        }`),
      mend: () => this.#rules(`delete table ${table}`),
      close: () => relay.close(),
    };
  }

  #rules(text: string): void {
    const [program = '', ...args] = [...this.prefix, 'nft', '-f', '-'];
    const { status, stderr } = spawnSync(program, args, { input: text, encoding: 'utf8' });
    if (status !== 0) throw new Error(`nft did not take the rules: ${stderr}`);
  }

  remove(): void {
    removeNamespaces([this.#namespace]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
