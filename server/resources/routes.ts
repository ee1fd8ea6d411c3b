import { readiness } from '@raffia/contract/health.ts';
import { getCloudStatus } from '@raffia/contract/operator.ts';
import { open, type Route, read } from '../calls/route.ts';
import { allRoutes } from './all-routes.ts';
import { healthRoutes } from './health/routes.ts';
import type { Cloud } from './operator/cloud-parts.ts';
import { cloudStatus } from './operator/cloud-status.ts';

/** Every route of the API, or those alone by which others know that a node without requests lives. */
export function routes(cloud: Cloud, isWhole = true): Route[] {
  return [
    open(
      readiness,
      () => cloud.readiness.now(),
      (answer) => (answer.status === 'down' ? 503 : 200),
    ),
    ...(isWhole ? [read(getCloudStatus, () => cloudStatus(cloud)), ...allRoutes] : healthRoutes),
  ];
}
