import type { FastifyReply, FastifyRequest } from 'fastify';
import { tiers } from '../access/rate-limiter.ts';
import { visitTier } from '../access/visit-limiter.ts';
import type { Services } from '../services.ts';
import { ApiError } from './api-error.ts';

/** The first thing of a request without a key: its address is limited before its body is read. */
export function limitVisits({ visitLimiter }: Services) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    if (visitLimiter.admit(request.ip)) done();
    else done(new ApiError('rateLimited', { limit: tiers[visitTier].perSecond }, { headers: { 'Retry-After': '1' } }));
  };
}
