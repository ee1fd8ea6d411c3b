import { fromMicros, hourlyMicros, toMicros } from '@raffia/contract/money.ts';

const hoursOfMonth = 720;
const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const finer = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', minimumFractionDigits: 4 });

/** What costs so much an hour, in dollars a month, as `$3.99`. */
export function monthly(perHour: string | number): string {
  return dollars.format(monthlyOf(perHour));
}

/** Dollars, as `$3.99`. */
export function inDollars(amount: number): string {
  return dollars.format(amount);
}

/** Dollars an hour, as `$0.0416`. */
export function hourly(amount: number): string {
  return finer.format(amount);
}

/** What was spent, as `$3.99`: less than a cent is not nothing. */
export function spent(amount: number): string {
  return amount > 0 && amount < 0.005 ? '<$0.01' : dollars.format(amount);
}

/** What costs so much an hour, in dollars a month: to sort and to sum. */
export function monthlyOf(perHour: string | number): number {
  return Number(perHour) * hoursOfMonth;
}

/** What one thing of so much a month costs an hour, in dollars: rounded as the server rounds what it bills. */
export function hourlyOf(perMonth: number): number {
  return fromMicros(hourlyMicros(toMicros(perMonth)));
}

/** The sum of amounts in dollars, without what is lost where parts of cents are added. */
export function sumOf(amounts: readonly number[]): number {
  return fromMicros(amounts.reduce((sum, amount) => sum + toMicros(amount), 0));
}
