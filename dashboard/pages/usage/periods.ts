import { isDay } from '../../parts/days.ts';

/** What can be asked for. Days are those of the server, which are in UTC. */
export const periods = [
  { value: 'this-month', label: 'This month' },
  { value: 'last-month', label: 'Last month' },
  { value: '30-days', label: '30 days' },
  { value: 'custom', label: 'Custom' },
] as const;
export type PeriodName = (typeof periods)[number]['value'];

export interface Period {
  readonly name: PeriodName;
  readonly since: string;
  readonly until: string;
}

const dayMs = 86_400_000;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** The period that an address names: this month where it names none, and of a custom one what is missing is this month's. */
export function periodOf(search: URLSearchParams, now: number): Period {
  const name = periods.find(({ value }) => value === search.get('period'))?.value ?? 'this-month';
  const today = dayOf(now);
  const first = `${today.slice(0, 8)}01`;
  if (name === 'last-month') {
    const until = dayOf(Date.parse(first) - dayMs);
    return { name, since: `${until.slice(0, 8)}01`, until };
  }
  if (name === '30-days') return { name, since: dayOf(now - 29 * dayMs), until: today };
  if (name === 'this-month') return { name, since: first, until: today };
  const [since = '', until = ''] = ['since', 'until'].map((field) => search.get(field) ?? '');
  return { name, since: isDay(since) ? since : first, until: isDay(until) ? until : today };
}
