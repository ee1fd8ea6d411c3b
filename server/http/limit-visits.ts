import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../services.ts';
import { rateLimited } from './gate.ts';

/** The first thing of a request without a key: its address is limited before its body is read. */
export function limitVisits({ visitLimiter }: Services) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    if (visitLimiter.admit(request.ip)) done();
    else done(rateLimited(visitLimiter.tier));
  };
}
