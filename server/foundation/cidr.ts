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

/** A number as dotted decimal. */
export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** The stable hardware address of an IPv4 interface: `02:00:` and the four octets in hex. */
export function macOf(address: string): string {
  return ['02', '00', ...address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':');
}
