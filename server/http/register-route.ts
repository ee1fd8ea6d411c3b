import { isPersonal, isWrite, needsBody, type Operation } from '@raffia/contract/operation.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Visible } from '../access/visible.ts';
import type { Route } from '../calls/route.ts';
import { ApiError } from '../foundation/api-error.ts';
import { canonicalForm } from '../foundation/canonical-form.ts';
import type { Services } from '../services.ts';
import { askingHandler, askingHook, refuseWhereFull } from './asking.ts';
import { bodyLimitOf } from './body-limit.ts';
import { type Admission, type AdmittedRequest, gate } from './gate.ts';
import { limitVisits } from './limit-visits.ts';
import { meterAnswers } from './meter-answers.ts';
import { refuseWithoutRoom } from './refuse-without-room.ts';
import { checkOrigin } from './same-origin.ts';
import { schemaFor } from './schema-for.ts';
import { tracedHandler, traceRequests } from './trace-requests.ts';
import { openWriteHandler, writeHandler } from './write-handler.ts';

/** Registers one operation: its gate, its validation, its serialiser, its use case. */
export function registerRoute(app: FastifyInstance, route: Route, services: Services): void {
  const { operation } = route;
  if (operation.access === undefined) throw new Error(`${operation.id} declares no access rule`);
  if (!kindsOf(operation).includes(route.kind)) {
    throw new Error(
      `${operation.id} is declared ${operation.access.who} ${operation.method} but routed as ${route.kind}`,
    );
  }
  if (isWrite(operation) && (operation.audit ?? operation.unaudited) === undefined) {
    throw new Error(`${operation.id} declares neither an audit verb nor why it has none`);
  }
  if ((operation.project === 'readable') !== (route.kind === 'list')) {
    throw new Error(`${operation.id} takes its project as ${operation.project}, but is routed as ${route.kind}`);
  }
  if ((operation.stream === true) !== (route.kind === 'stream')) {
    throw new Error(
      `${operation.id} is ${operation.stream ? '' : 'not '}declared a stream, but is routed as ${route.kind}`,
    );
  }
  const asking = askingHandler(
    formed(canonicalForm(operation), handlerOf(route, services)),
    isWrite(operation) ? 'write' : 'read',
  );
  const handler = services.tracer === undefined ? asking : tracedHandler(asking);
  if (isWrite(operation)) letWrite(handler);
  app.route({
    method: operation.method,
    bodyLimit: bodyLimitOf(operation),
    // Whoever asks for the head alone has nothing done.
    ...(isWrite(operation) ? { exposeHeadRoute: false } : {}),
    url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
    schema: {
      ...(operation.params === undefined ? {} : { params: operation.params }),
      ...(operation.query === undefined ? {} : { querystring: schemaFor(operation.query, services.catalogue) }),
      ...(operation.body === undefined ? {} : { body: schemaFor(operation.body, services.catalogue) }),
      response: {
        ...(route.kind === 'stream' || operation.status === 302 ? {} : { [operation.status]: operation.answer }),
        ...Object.fromEntries((operation.sameAnswer ?? []).map((status) => [status, operation.answer])),
      },
    },
    onRequest: [
      ...(services.tracer === undefined ? [] : [traceRequests(services.tracer, operation)]),
      ...(operation.access.who === 'open' ? visits(operation, services) : [askingHook(gate(operation, services))]),
      ...(operation.fromPages === true ? [originHook(services)] : []),
      ...(isWrite(operation) ? [refuseWithoutRoom(services), refuseWhereFull(services)] : []),
    ],
    preValidation: (request, _reply, done) => {
      if (operation.params !== undefined) coerceParams(request, operation.params);
      if (operation.query !== undefined) {
        if (!isReadable(request.url)) return done(new ApiError('malformedQuery'));
        coerceQuery(request, operation.query);
      }
      if (operation.body !== undefined && request.body === undefined) {
        if (needsBody(operation)) return done(new ApiError('malformedBody', { detail: 'a JSON body is required' }));
        request.body = {};
      }
      done();
    },
    handler,
    ...(services.meters === undefined ? {} : { onResponse: meterAnswers(services.meters, operation) }),
  });
}

/** What may change something: the handlers that are the pipeline of writes. */
const writing = new WeakSet<object>();

/** Says of a handler that a method other than GET may be routed to it. */
export function letWrite(handler: object): void {
  writing.add(handler);
}

/** Refuses, at boot, whatever would change something and does not go through the pipeline. */
export function refuseOtherWrites(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, handler }) => {
    const changes = [method].flat().some((name) => name !== 'GET' && name !== 'HEAD');
    if (changes && !writing.has(handler)) {
      throw new Error(
        `${method} ${url} would write without the pipeline: declare it in contract/, and bind it in routes.ts`,
      );
    }
  });
}

/** What the use case sees has its one form; the first thing after validation, so that nothing in between can see another. */
function formed(form: (request: FastifyRequest) => void, handle: Handler): Handler {
  return (request, reply) => {
    form(request);
    return handle(request, reply);
  };
}

/** What needs no key and changes something is limited by its address before a body is read. */
function visits(operation: Operation, services: Services) {
  return isWrite(operation) ? [limitVisits(services)] : [];
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** How an operation can be bound. A person's own writes are of no account. */
function kindsOf(operation: Operation): readonly Route['kind'][] {
  const { who } = operation.access;
  if (isWrite(operation)) return who === 'open' || isPersonal(operation) ? ['openWrite'] : ['write'];
  return who === 'open' ? ['open'] : ['read', 'list', 'stream'];
}

/** Before the body is read: what another site's page sends is none of ours. */
function originHook(services: Services) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    try {
      checkOrigin(services, request);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

/** Whether the escapes of a query are text in UTF-8: what the parser cannot read it leaves as it stands, which nobody meant. */
function isReadable(url: string): boolean {
  const query = url.indexOf('?');
  if (query === -1 || url.indexOf('%', query) === -1) return true;
  try {
    decodeURIComponent(url.slice(query));
    return true;
  } catch {
    return false;
  }
}

/** Queries are text: integers and booleans are read where the schema wants them; everything else stays for the schema to judge. */
function coerceQuery(request: FastifyRequest, schema: { properties: Record<string, { type?: string }> }): void {
  const query = request.query as Record<string, unknown>;
  for (const [name, { type }] of Object.entries(schema.properties)) {
    const value = query[name];
    if (typeof value !== 'string') continue;
    if (type === 'integer' && /^-?\d{1,16}$/.test(value)) query[name] = Number(value);
    else if (type === 'boolean' && (value === 'true' || value === 'false')) query[name] = value === 'true';
  }
}

/** The same of a path, in the one form that a number has: `07` is the number of nothing. */
function coerceParams(request: FastifyRequest, schema: { properties: Record<string, { type?: string }> }): void {
  const params = request.params as Record<string, unknown>;
  for (const [name, { type }] of Object.entries(schema.properties)) {
    if (type === 'integer' && /^(0|[1-9]\d{0,15})$/.test(String(params[name]))) params[name] = Number(params[name]);
  }
}

function handlerOf(route: Route, services: Services): Handler {
  if (route.kind === 'write') return writeHandler(route, services);
  if (route.kind === 'openWrite') return openWriteHandler(route, services);
  if (route.kind === 'open') {
    return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const answer = await route.handle({ services, params: request.params, query: request.query });
      reply.status(route.statusOf?.(answer) ?? route.operation.status);
      return answer;
    };
  }
  const { status } = route.operation;
  return (request: FastifyRequest, reply: FastifyReply): unknown => {
    // Its head is all that is asked for: nothing goes on.
    if (route.kind === 'stream' && request.method === 'HEAD') return reply.type('text/event-stream').send();
    const { principal, projectId, visible } = (request as AdmittedRequest).admission as Admission;
    const asked = { services, params: request.params, query: request.query };
    const answer =
      route.kind === 'list'
        ? route.handle({ ...asked, visible: visible as Visible })
        : route.handle({
            ...asked,
            principal,
            projectId,
            // Only what streams looks at these.
            request,
            reply,
          });
    if (route.kind === 'stream') return (answer as Promise<void>).then(() => reply);
    reply.status(status);
    if (answer instanceof Promise) {
      return answer.then((found) => {
        if (found instanceof Buffer) reply.type('application/json; charset=utf-8');
        return found;
      });
    }
    if (answer instanceof Buffer) reply.type('application/json; charset=utf-8');
    reply.send(answer);
    // Nothing is handed back: the framework would wait for what has been sent already.
    return undefined;
  };
}
