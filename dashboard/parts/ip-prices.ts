import type { IPPricing } from '@raffia/client/client.ts';
import { useIpPricing } from '../api/catalogue.ts';
import { inDollars } from './price.ts';

/** What a reserved address costs a month, such as `$3.00`; undefined until it is known, and where the cloud has no price. */
export const useIpPrices = () => useIpPricing(inWords).data;

/** What a reserved address costs an hour, in dollars. */
export const useIpPricesPerHour = () => useIpPricing(perHour);

function inWords({ ipv4, ipv6 }: IPPricing) {
  const prices: Partial<Record<'IPv4' | 'IPv6', string>> = {};
  if (ipv4?.monthly_price !== undefined) prices.IPv4 = inDollars(ipv4.monthly_price);
  if (ipv6?.monthly_price !== undefined) prices.IPv6 = inDollars(ipv6.monthly_price);
  return prices;
}

const perHour = ({ ipv4, ipv6 }: IPPricing) => ({ IPv4: ipv4?.price_per_hour ?? 0, IPv6: ipv6?.price_per_hour ?? 0 });
