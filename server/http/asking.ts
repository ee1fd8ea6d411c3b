import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Asker, askFor, currentAsker } from '../database/asker.ts';
import { Unavailable, unavailable } from '../database/unavailable.ts';
import type { ApiError } from '../foundation/api-error.ts';
import type { Services } from '../services.ts';
import type { AdmittedRequest } from './gate.ts';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** One for each request, from its first question to its last: its account where it is known, else its address. */
class RequestAsker implements Asker {
  readonly #request: FastifyRequest;
  lane: Asker['lane'] = 'read';
  held = 0;
  isOver = false;

  constructor(request: FastifyRequest) {
    this.#request = request;
  }

  get account(): string {
    return accountOf(this.#request);
  }

  isGone(): boolean {
    return this.#request.raw.socket.destroyed;
  }

  onGone(act: () => void): () => void {
    const { socket } = this.#request.raw;
    socket.once('close', act);
    return () => socket.off('close', act);
  }
}

function accountOf(request: FastifyRequest): string {
  return (request as AdmittedRequest).admission?.principal.accountId || `address ${request.ip}`;
}

function askerOf(request: AdmittedRequest): Asker {
  request.asker ??= new RequestAsker(request);
  return request.asker;
}

/** A hook whose questions to the database are the request's reads. */
export function askingHook(hook: Hook): Hook {
  return (request, reply, done) => askFor(askerOf(request as AdmittedRequest), () => hook(request, reply, done));
}

/** A handler whose questions to the database wait for their turn among those of its account and of the others. */
export function askingHandler(handler: Handler, lane: Asker['lane']): Handler {
  return (request, reply) => {
    const asker = askerOf(request as AdmittedRequest);
    asker.lane = lane;
    // Where nothing was waited for since the hook, what it began goes on.
    const answer = currentAsker() === asker ? handler(request, reply) : askFor(asker, () => handler(request, reply));
    if (answer instanceof Promise) {
      return answer.finally(() => {
        asker.isOver = true;
      });
    }
    return answer;
  };
}

/**
 * Refuses a write at once where its line is full: before its body is read. The answer is made once, without an error for each: what a
 * refusal costs in a flood is taken from the work that is done.
 */
export function refuseWhereFull({ pool, meters }: Pick<Services, 'pool' | 'meters'>): Hook {
  const { status, headers, body } = finished(unavailable(new Unavailable('busy')) as ApiError);
  return (request, reply, done) => {
    if (!pool.isFull(accountOf(request), 'write')) return done();
    meters?.refused('busy');
    reply.code(status).headers(headers).send(body);
  };
}

function finished(refusal: ApiError) {
  return {
    status: refusal.status,
    headers: { ...refusal.headers, 'content-type': 'application/json; charset=utf-8' },
    body: Buffer.from(JSON.stringify(refusal.body())),
  };
}
