import type { Router } from '../../foundation/router.ts';
import type { MachineNic } from '../engine.ts';
import { interfaceName } from './names.ts';

/** An interface as its guest is to set it up. */
export interface GuestNic {
  readonly name: string;
  readonly mac: string;
  /** With the length of the network's prefix. */
  readonly address: string;
  readonly prefix: number;
  /** Of the default route of its family, where this interface carries it. */
  readonly gateway: string | undefined;
}

/** A machine's interfaces, of which one carries the default route, and the one of IPv6, where there is one, that of IPv6. */
export function guestNics(nics: readonly MachineNic[]): GuestNic[] {
  const way = wayOut(nics);
  return nics.map((nic) => ({
    name: interfaceName(nic),
    mac: nic.mac,
    address: nic.address,
    prefix: nic.prefix,
    gateway: nic === way || nic.type === 'ipv6' ? nic.gateway : undefined,
  }));
}

interface Way {
  readonly type: string | null;
  readonly network: { readonly router?: Router } | null;
}

/** The interface that carries the default route of IPv4: the public one, else the first in a VPC that has a router, else the first. */
export function wayOut<T extends Way>(nics: readonly T[]): T | undefined {
  const others = nics.filter(({ type }) => type !== 'ipv6');
  return others.find(({ type }) => type === 'public') ?? others.find(({ network }) => network?.router) ?? others[0];
}

/** The name servers that a guest asks: those that its VPCs name, else the host's. */
export function nameServersOf(
  nameServers: readonly string[] | undefined,
  { dns }: { readonly dns: readonly string[] },
): readonly string[] {
  return nameServers === undefined || nameServers.length === 0 ? dns : nameServers;
}
