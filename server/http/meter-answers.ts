import type { Operation } from '@raffia/contract/operation.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Meters } from '../metrics/meters.ts';

/** Tells of each answer of an operation, once it is sent. How long a stream was open says nothing of the server. */
export function meterAnswers(meters: Meters, { id, stream }: Operation) {
  const answered = meters.answersOf(id);
  return (_request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    answered(reply.statusCode, stream === true ? undefined : reply.elapsedTime / 1000);
    done();
  };
}
