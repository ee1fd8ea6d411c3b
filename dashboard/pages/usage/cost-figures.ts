import type { CostsByDay } from '@raffia/client/client.ts';
import { type BilledKind, billedKinds } from '@raffia/contract/enums.ts';
import { kindsIn, kindWords } from '../../parts/billed-kinds.ts';
import { shortDayWord } from '../../parts/days.ts';
import { plural } from '../../parts/plural.ts';
import { spent } from '../../parts/price.ts';

/** A day as it is drawn: dollars of each kind. */
export type Bar = Readonly<Record<BilledKind, number>> & { readonly day: string; readonly total: number };

export function barsOf({ days }: Pick<CostsByDay, 'days'>): Bar[] {
  return days.map(({ day, total, kinds }) => ({
    day,
    total: Number(total),
    ...(Object.fromEntries(billedKinds.map((kind) => [kind, Number(kinds[kind])])) as Record<BilledKind, number>),
  }));
}

/** What a day costs on average, of as much of the days as has passed. */
export function averageOf({ total, since, counted_until }: CostsByDay): number {
  const days = (Date.parse(counted_until) - Date.parse(since)) / 86_400_000;
  return days <= 0 ? 0 : Number(total) / days;
}

/** What the bars show, in a sentence: `$12.30 in 30 days, most of it VMs. The most was $0.60 on 12 Nov.` */
export function sentenceOf(costs: CostsByDay): string {
  const bars = barsOf(costs);
  const days = plural(bars.length, 'day');
  if (Number(costs.total) === 0) return `Nothing was spent in ${days}.`;
  const [first, ...others] = kindsIn(costs).toSorted((a, b) => Number(costs.kinds[b]) - Number(costs.kinds[a]));
  const most = first === undefined || others.length === 0 ? '' : `, most of it for ${wordInSentence(first)}`;
  const peak = bars.reduce((one, other) => (other.total > one.total ? other : one));
  const top = bars.length === 1 ? '' : ` The most was ${spent(peak.total)} on ${shortDayWord(peak.day)}.`;
  return `${spent(Number(costs.total))} in ${days}${most}.${top}`;
}

function wordInSentence(kind: BilledKind): string {
  const { many } = kindWords[kind];
  return kind === 'vm' ? many : `${many.charAt(0).toLowerCase()}${many.slice(1)}`;
}
