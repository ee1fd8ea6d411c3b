import type { Size } from '../engine.ts';
import type { IncusAddress } from './incus-connection.ts';

/** How the engine is to be used: the settings that begin with `incus.`. */
export interface IncusSettings extends IncusAddress {
  readonly project: string;
  readonly pool: string;
  /** Machines that are built, started or deleted at the same time. */
  readonly atOnce: number;
  /** How many times what the hosts have is given to machines. */
  readonly overcommit: Size;
  /** GB of each host that machines don't get. */
  readonly reservedRam: number;
  /** Mbit/s that one interface of a machine receives and sends at most; null: as much as there is. */
  readonly networkLimit: { readonly receive: number | null; readonly send: number | null };
  /** What a machine's disk reads and writes at most in a second, such as `200MB` or `5000iops`; null: as much as there is. */
  readonly diskLimit: { readonly read: string | null; readonly write: string | null };
  readonly instanceType: 'auto' | 'container' | 'virtual-machine';
  readonly acceptUnenforcedDisks: boolean;
  readonly ovnUplink: string | null;
  readonly tunnelInterface: string | null;
  /** Each loads the rules that it gets on standard input, on one host. */
  readonly firewallCommands: readonly string[];
  /** How often the rules are compared with what the hosts have. */
  readonly guardMs: number;
  /** Whether settings of this host's kernel that are too low are raised. */
  readonly raiseSysctls: boolean;
  /** Runs a shell, with a script on standard input, on the member of a cluster that is the gateway of public networks. */
  readonly gatewayCommand: string;
  /** CIDR blocks that machines must not reach. */
  readonly blockedRanges: readonly string[];
  readonly dns: readonly string[];
  readonly imageCompression: 'zstd' | 'gzip' | 'none';
}

/** Where Debian's packages, and the snap, put their sockets; the first that is there is meant where nothing is said. */
export const usualSockets = [
  '/var/lib/incus/unix.socket',
  '/var/lib/lxd/unix.socket',
  '/var/snap/lxd/common/lxd/unix.socket',
];
