import type { FastifyReply, FastifyRequest } from 'fastify';
import { Unavailable } from '../database/unavailable.ts';
import type { Services } from '../services.ts';

/** Refuses a change where the database's disk has no room for it: before its body is read. */
export function refuseWithoutRoom({ storage }: Services) {
  return (_request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void =>
    done(storage.isFull ? new Unavailable('storageFull') : undefined);
}
