import type { Operation } from '@raffia/contract/operation.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenSpan, RequestEnd, Tracer } from '../tracing/tracer.ts';
import type { AdmittedRequest } from './gate.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

const spans = new WeakMap<FastifyRequest, OpenSpan<RequestEnd>>();

/** Begins the span of each request of an operation, before anything is decided of it. It ends with the answer, or when the client goes. */
export function traceRequests(tracer: Tracer, { id: operation, path: route }: Operation) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { id, method, headers } = request;
    const traceparent = headers.traceparent as string | undefined;
    const span = tracer.requestBegan({ id, method, operation, route, traceparent });
    spans.set(request, span);
    reply.raw.once('close', () => {
      const status = reply.raw.headersSent ? reply.raw.statusCode : undefined;
      span.end({ status, accountId: (request as AdmittedRequest).admission?.principal.accountId || undefined });
    });
    done();
  };
}

/** What a use case asks for is below its request. */
export function tracedHandler(handle: Handler): Handler {
  return (request, reply) => (spans.get(request) as OpenSpan<RequestEnd>).run(() => handle(request, reply));
}
