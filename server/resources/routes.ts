import { readiness } from '@raffia/contract/health.ts';
import { open, type Route } from '../calls/route.ts';
import { allRoutes } from './all-routes.ts';
import type { Readiness } from './health/readiness.ts';

/** Every route of the API. */
export function routes(ready: Readiness): Route[] {
  return [
    open(
      readiness,
      () => ready.now(),
      (answer) => (answer.status === 'down' ? 503 : 200),
    ),
    ...allRoutes,
  ];
}
