import type { Account } from '@raffia/client/client.ts';
import { quotaAnswer, quotaNames } from '@raffia/contract/quotas.ts';
import { quotaWord } from '../../parts/quota-words.ts';

export interface Limit {
  readonly name: string;
  readonly label: string;
  readonly used: number;
  readonly limit: number | null;
}

const bytesOfMb = 1024 * 1024;

/** How much of each limit of the account is used: what is nearest to its limit first, what has none last. */
export function limitsOf({ quota, high_tier_keys }: Pick<Account, 'quota' | 'high_tier_keys'>): Limit[] {
  const limits = quotaNames.map((name) => {
    const { used, limit } = quota[quotaAnswer(name)];
    const isBytes = name === 'noteBytes';
    const label = isBytes ? 'Notes in MB' : quotaWord(quotaAnswer(name));
    const inUnits = (count: number) => (isBytes ? Math.ceil(count / bytesOfMb) : count);
    return { name, label, used: inUnits(used), limit: limit === null ? null : inUnits(limit) };
  });
  return [...limits, { name: 'highTierKeys', label: 'API keys with a high limit', ...high_tier_keys }].sort(
    (a, b) => share(b) - share(a),
  );
}

function share({ used, limit }: Limit): number {
  if (limit === null) return -1;
  return limit === 0 ? (used > 0 ? 1 : 0) : used / limit;
}
