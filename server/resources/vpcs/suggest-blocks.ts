import type { listVPCCIDRSuggestions } from '@raffia/contract/vpcs.ts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ListCall } from '../../calls/route.ts';
import type { Tables } from '../../database/tables.ts';
import { ApiError } from '../../foundation/api-error.ts';
import { addressText, type Block, parseBlock, privateRanges } from '../../foundation/cidr.ts';
import { lowestFree, numberOf } from '../lowest-free.ts';
import { usableRange } from './vpc-view.ts';

const sizes = { small: 24, medium: 20, large: 16 } as const;
type Size = keyof typeof sizes;

/** The blocks of an account's VPCs, as numbers. Those that the caller may not see count too: nothing may overlap them. */
export const takenBlocks = (accountId: string) => sql`
  select ${numberOf(sql`cidr::cidr`)} as first, ${numberOf(sql`broadcast(cidr::cidr)`)} as last
    from vpcs where account_id = ${accountId} and deleted_at is null`;

/** The first free block of each size. A medium one is suggested; where none is left, a smaller or larger one, or none. */
export async function suggestBlocks({ services, visible }: ListCall<typeof listVPCCIDRSuggestions>) {
  const { db, accountId, projectsOf } = visible.byHand();
  // Whoever may see no VPC anywhere is told nothing of the account's.
  if (projectsOf('vpc')?.length === 0) throw new ApiError('permissionDenied', { permission: 'vpc.view' });
  const taken = takenBlocks(accountId);
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from (${taken}) t`.execute(db);
  const ranges = [parseBlock(services.configuration.autoVpcRange) as Block, ...privateRanges];
  const alternatives: { cidr: string; available_ips: number; size: Size }[] = [];
  for (const size of Object.keys(sizes) as Size[]) {
    const cidr = await freeBlock(db, ranges, sizes[size], taken);
    if (cidr !== undefined) alternatives.push({ cidr, available_ips: usableRange(cidr).count, size });
  }
  const suggested = alternatives.find(({ size }) => size === 'medium') ?? alternatives[0];
  return {
    success: true,
    ...(suggested === undefined ? {} : { suggested: suggested.cidr, suggested_ips: suggested.available_ips }),
    alternatives,
    existing_count: rows[0]?.count ?? 0,
  };
}

async function freeBlock(
  db: Kysely<Tables>,
  ranges: readonly Block[],
  prefix: number,
  taken: RawBuilder<unknown>,
): Promise<string | undefined> {
  for (const range of ranges) {
    const first = await lowestFree({ db }, range, 2 ** (32 - prefix), taken);
    if (first !== undefined) return `${addressText(first)}/${prefix}`;
  }
  return undefined;
}
