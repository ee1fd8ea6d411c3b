import type { rateLimitTiers } from './enums.ts';

/** The rate-limit tiers of authentication.txt: requests in each sliding second, and a budget above it per minute. */
export const tiers = {
  standard: { perSecond: 30, burst: 60 },
  high: { perSecond: 100, burst: 200 },
} as const satisfies Record<(typeof rateLimitTiers)[number], { perSecond: number; burst: number }>;
