import type { FastifyRequest } from 'fastify';
import type { Services } from '../services.ts';
import { ApiError } from './api-error.ts';

/** Where the pages of this server are: as configured, or as the browser named it. */
export function ownOrigin({ configuration }: Services, request: FastifyRequest): string {
  const { publicUrl } = configuration;
  return publicUrl === null || publicUrl === undefined
    ? `${request.protocol}://${request.host}`
    : new URL(publicUrl).origin;
}

/**
 * Refuses what another site's page sends with this person's cookie: a change must name our own origin. Browsers always name it on
 * requests that are not GET.
 *
 * @throws ApiError 403
 */
export function checkOrigin(services: Services, request: FastifyRequest): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new ApiError('crossSite');
  if (request.method === 'GET' && origin === undefined) return;
  if (origin !== ownOrigin(services, request)) throw new ApiError('crossSite');
}
