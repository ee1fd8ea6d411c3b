import type { MachineNic } from '../engine.ts';
import { interfaceName } from './names.ts';

/** An interface as its guest is to set it up. */
export interface GuestNic {
  readonly name: string;
  readonly mac: string;
  /** With the length of the network's prefix. */
  readonly address: string;
  readonly prefix: number;
  /** Of the default route, where this interface carries it. */
  readonly gateway: string | undefined;
}

/** A machine's interfaces, of which one carries the default route: the public one, else the first. */
export function guestNics(nics: readonly MachineNic[]): GuestNic[] {
  const way = wayOut(nics);
  return nics.map((nic) => ({
    name: interfaceName(nic),
    mac: nic.mac,
    address: nic.address,
    prefix: nic.prefix,
    gateway: nic === way ? nic.gateway : undefined,
  }));
}

/** The interface that carries the default route. */
export function wayOut<T extends { readonly type: string | null }>(nics: readonly T[]): T | undefined {
  return nics.find(({ type }) => type === 'public') ?? nics[0];
}
