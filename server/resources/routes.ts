import { readiness } from '@raffia/contract/health.ts';
import { open, type Route } from '../calls/route.ts';
import { allRoutes } from './all-routes.ts';
import type { Readiness } from './health/readiness.ts';
import { healthRoutes } from './health/routes.ts';

/** Every route of the API, or those alone by which others know that a node without requests lives. */
export function routes(ready: Readiness, isWhole = true): Route[] {
  return [
    open(
      readiness,
      () => ready.now(),
      (answer) => (answer.status === 'down' ? 503 : 200),
    ),
    ...(isWhole ? allRoutes : healthRoutes),
  ];
}
