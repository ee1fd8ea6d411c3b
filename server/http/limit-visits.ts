import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../services.ts';
import { rateLimited } from './gate.ts';

/** The first thing of a request without a key: its address is limited before its body is read. */
export function limitVisits({ visitLimiter }: Services) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const decided = (isAdmitted: boolean) => done(isAdmitted ? undefined : rateLimited(visitLimiter.tier));
    const found = visitLimiter.admit(request.ip);
    if (found instanceof Promise) found.then(decided, done);
    else decided(found);
  };
}
