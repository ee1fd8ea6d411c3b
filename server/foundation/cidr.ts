import { isIP } from 'node:net';
import { ApiError } from './api-error.ts';

/** An IPv4 block as numbers: both ends inclusive. */
export interface Block {
  readonly cidr: string;
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** The blocks that private networks may be made of (network.md §1.1). */
export const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(
  (cidr) => parseBlock(cidr) as Block,
);

/** Reads `a.b.c.d/p`; null where it is not one. Host bits are kept out of `first`. */
export function parseBlock(cidr: string): Block | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return null;
  const octets = match.slice(1, 5).map(Number);
  const prefix = Number(match[5]);
  if (octets.some((octet) => octet > 255) || prefix > 32) return null;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  const first = address - (address % size);
  return { cidr, first, last: first + size - 1, prefix };
}

/**
 * Checks a block for a new VPC: size, range, alignment.
 *
 * @throws ApiError 400 with the documented sentences
 */
export function checkVpcCidr(cidr: string): Block {
  const block = parseBlock(cidr);
  if (block === null) throw new ApiError('validation', { detail: `${cidr} is not a CIDR block such as 10.0.1.0/24` });
  if (block.prefix < 16 || block.prefix > 28) throw new ApiError('cidrPrefix');
  if (!privateRanges.some((range) => block.first >= range.first && block.last <= range.last)) {
    throw new ApiError('cidrRange');
  }
  if (`${addressText(block.first)}/${block.prefix}` !== cidr) {
    throw new ApiError('validation', {
      detail: `${cidr} has host bits set; the block is ${addressText(block.first)}/${block.prefix}`,
    });
  }
  return block;
}

/** The family of a block or an address, by its form: 6 has colons. */
export const familyOf = (text: string): 4 | 6 => (text.includes(':') ? 6 : 4);

/** Reads a block of either family; null where it is none, or has bits set behind its prefix. Both ends are inclusive. */
export function parseEitherBlock(cidr: string): { family: 4 | 6; prefix: number; first: bigint; last: bigint } | null {
  const [address = '', length = '', ...more] = cidr.split('/');
  const family = familyOf(address);
  const bits = family === 4 ? 32 : 128;
  if (isIP(address) !== family || address.includes('%') || !/^\d{1,3}$/.test(length) || more.length > 0) return null;
  const prefix = Number(length);
  if (prefix > bits) return null;
  const first = groupsOf(address).reduce((sum, group) => (sum << (family === 4 ? 8n : 16n)) + group, 0n);
  const size = 1n << BigInt(bits - prefix);
  return first % size === 0n ? { family, prefix, first, last: first + size - 1n } : null;
}

/** The four bytes of an IPv4 address, or the eight groups of an IPv6 one. */
function groupsOf(address: string): bigint[] {
  if (familyOf(address) === 4) return address.split('.').map(BigInt);
  // Written by its rules, no part of it is dotted.
  const parts = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [before = [], after = []] = parts.map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].map((group) => BigInt(`0x${group}`));
}

/** A number as dotted decimal. */
export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/**
 * The stable hardware address of an interface: `02:00:` and the four octets of an IPv4 address in hex, `02:06:` and the last four bytes of
 * an IPv6 one.
 */
export function macOf(address: string): string {
  if (familyOf(address) === 6) {
    const last = groupsOf(address)
      .slice(-2)
      .map((group) => group.toString(16).padStart(4, '0'))
      .join('');
    return ['02', '06', ...(last.match(/../g) ?? [])].join(':');
  }
  return ['02', '00', ...address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':');
}
