/** What a segment of a strand stands for: done or used, under way, failed, a second kind, needs a look, stopped, open. */
export type Kind = 'done' | 'changing' | 'failed' | 'second' | 'attention' | 'off' | 'open';

export type Counts = Partial<Readonly<Record<Kind, number>>>;

const order: readonly Kind[] = ['done', 'changing', 'second', 'attention', 'failed', 'off', 'open'];
const most = 30;

/** One segment for each thing; of more than 30 things 30 by share, in which each kind that is there has at least one. */
export function strandSegments(counts: Counts): Kind[] {
  const kinds = order.map((kind) => ({ kind, count: Math.max(0, Math.round(counts[kind] ?? 0)) }));
  const total = kinds.reduce((sum, { count }) => sum + count, 0);
  const shares = kinds.map(({ kind, count }) => ({
    kind,
    share: total <= most ? count : count === 0 ? 0 : Math.max(1, Math.floor((count / total) * most)),
  }));
  // What rounding left goes to, or comes from, the largest.
  const left = Math.min(total, most) - shares.reduce((sum, { share }) => sum + share, 0);
  const largest = shares.toSorted((a, b) => b.share - a.share)[0];
  if (largest !== undefined) largest.share += left;
  return shares.flatMap(({ kind, share }) => Array.from({ length: share }, () => kind));
}
