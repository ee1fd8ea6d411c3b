import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Asker, askFor } from '../database/asker.ts';
import type { FairPool } from '../database/fair-pool.ts';
import { Unavailable } from '../database/unavailable.ts';
import type { AdmittedRequest } from './gate.ts';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** For whom a request asks the database: its account where it is known, else its address. */
function askerOf(request: FastifyRequest, lane: Asker['lane']): Asker {
  const { socket } = request.raw;
  return {
    account: (request as AdmittedRequest).admission?.principal.accountId || `address ${request.ip}`,
    lane,
    held: 0,
    isOver: false,
    isGone: () => socket.destroyed,
    onGone: (act) => {
      socket.once('close', act);
      return () => socket.off('close', act);
    },
  };
}

/** A hook whose questions to the database are the request's reads. */
export function askingHook(hook: Hook): Hook {
  return (request, reply, done) => {
    const asker = askerOf(request, 'read');
    askFor(asker, () =>
      hook(request, reply, (error) => {
        asker.isOver = true;
        done(error);
      }),
    );
  };
}

/** A handler whose questions to the database wait for their turn among those of its account and of the others. */
export function askingHandler(handler: Handler, lane: Asker['lane']): Handler {
  return (request, reply) => {
    const asker = askerOf(request, lane);
    const answer = askFor(asker, () => handler(request, reply));
    if (answer instanceof Promise) {
      return answer.finally(() => {
        asker.isOver = true;
      });
    }
    return answer;
  };
}

/** Refuses a write at once where its line is full: before its body is read. */
export function refuseWhereFull(pool: FairPool): Hook {
  return (request, _reply, done) => {
    const { admission } = request as AdmittedRequest;
    const account = admission?.principal.accountId || `address ${request.ip}`;
    done(pool.isFull(account, 'write') ? new Unavailable('busy') : undefined);
  };
}
