const hoursOfMonth = 720;
const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });

/** What costs so much an hour, in dollars a month, as `$3.99`. */
export function monthly(perHour: string | number): string {
  return dollars.format(monthlyOf(perHour));
}

/** Dollars, as `$3.99`. */
export function inDollars(amount: number): string {
  return dollars.format(amount);
}

/** What costs so much an hour, in dollars a month: to sort and to sum. */
export function monthlyOf(perHour: string | number): number {
  return Number(perHour) * hoursOfMonth;
}
