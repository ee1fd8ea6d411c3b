import type { FastifyRequest } from 'fastify';
import { ApiError, invalid } from '../foundation/api-error.ts';
import type { Services } from '../services.ts';

/** Where the pages of this server are: as configured, or as the browser named it. */
export function ownOrigin({ configuration }: Services, request: FastifyRequest): string {
  const { publicUrl } = configuration;
  if (publicUrl !== null && publicUrl !== undefined) return new URL(publicUrl).origin;
  const named = `${request.protocol}://${request.host}`;
  if (!URL.canParse(named)) throw invalid('The Host header must name this server, such as cloud.example.com:8080');
  return named;
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
  if ((request.method === 'GET' || request.method === 'HEAD') && origin === undefined) return;
  if (origin !== ownOrigin(services, request)) throw new ApiError('crossSite');
}
