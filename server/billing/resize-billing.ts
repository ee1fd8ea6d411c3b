import { fromMicros, hourlyPrice } from '@raffia/contract/money.ts';
import type { Change } from './terms.ts';

/** What a change of price costs or gives for the rest of the term, in dollars; only subscriptions show it. */
export function resizeBilling(
  { isPaidAhead, amount, charged }: Change,
  oldMonthMicros: number,
  newMonthMicros: number,
) {
  if (!isPaidAhead) return {};
  const difference = newMonthMicros - oldMonthMicros;
  return {
    billing: {
      type: difference > 0 ? ('upgrade' as const) : difference < 0 ? ('downgrade' as const) : ('none' as const),
      pro_rata_amount: fromMicros(amount),
      credits_applied: fromMicros(charged.credits),
      balance_applied: fromMicros(charged.balance),
      new_monthly_price: fromMicros(newMonthMicros),
      new_price_per_hour: hourlyPrice(newMonthMicros),
    },
  };
}
