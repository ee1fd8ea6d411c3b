import type { Account } from '@raffia/client/client.ts';
import { type QuotaName, quotaAnswer, quotaNames, quotas } from '@raffia/contract/quotas.ts';

export interface Limit {
  readonly name: string;
  readonly label: string;
  readonly used: number;
  readonly limit: number | null;
}

/** What is called otherwise in a list than in a sentence, and in what it is counted there. */
const said: Partial<Readonly<Record<QuotaName, { readonly label: string; readonly per?: number }>>> = {
  vcpus: { label: 'vCPUs' },
  ram: { label: 'Memory in GB' },
  gateways: { label: 'Gateways' },
  noteBytes: { label: 'Notes in MB', per: 1024 * 1024 },
  streams: { label: 'Open event streams' },
  consoles: { label: 'Open consoles' },
  invitations: { label: 'Open invitations' },
  roles: { label: 'Custom roles' },
  securityGroups: { label: 'Firewall groups' },
};

/** How much of each limit of the account is used: what is nearest to its limit first, what has none last. */
export function limitsOf({ quota, high_tier_keys }: Pick<Account, 'quota' | 'high_tier_keys'>): Limit[] {
  const limits = quotaNames.map((name) => {
    const { used, limit } = quota[quotaAnswer(name)];
    const { label, per = 1 } = said[name] ?? { label: sentenceCase(quotas[name].things) };
    const inUnits = (count: number) => Math.ceil(count / per);
    return { name, label, used: inUnits(used), limit: limit === null ? null : inUnits(limit) };
  });
  return [...limits, { name: 'highTierKeys', label: 'API keys with a high limit', ...high_tier_keys }].sort(
    (a, b) => share(b) - share(a),
  );
}

function sentenceCase(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function share({ used, limit }: Limit): number {
  if (limit === null) return -1;
  return limit === 0 ? (used > 0 ? 1 : 0) : used / limit;
}
