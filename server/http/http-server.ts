import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { type ErrorCode, errors } from '@raffia/contract/errors.ts';
import { ownKeywords } from '@raffia/contract/schema-shape.ts';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  type onResponseHookHandler,
} from 'fastify';
import type { Route } from '../calls/route.ts';
import { Unavailable, unavailable } from '../database/unavailable.ts';
import { ApiError } from '../foundation/api-error.ts';
import { formats } from '../foundation/canonical-form.ts';
import type { Services } from '../services.ts';
import { closeIdle } from './close-idle.ts';
import { isConsole } from './console-sockets.ts';
import { DashboardFiles } from './dashboard-files.ts';
import type { AdmittedRequest } from './gate.ts';
import { parseJsonBody } from './json-body.ts';
import { lazyCompilers } from './lazy-compilers.ts';
import { PathMethods } from './path-methods.ts';
import { letWrite, refuseOtherWrites, registerRoute } from './register-route.ts';
import { requestIds } from './request-id.ts';
import { validationError } from './validation.ts';

/** Where no schema says how large a body may be: paths that nobody knows. */
const largestBody = 1_048_576;

/** Builds the HTTP server: every route from the contract, every failure a JSON sentence. It does not listen yet. */
export function httpServer(services: Services, routes: readonly Route[]): FastifyInstance {
  const { configuration } = services;
  const app = Fastify({
    ...listener(services),
    logger: false,
    bodyLimit: largestBody,
    trustProxy: configuration.trustedProxies.length > 0 ? [...configuration.trustedProxies] : false,
    genReqId: requestIds(),
    requestTimeout: arrivalMs,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 200 },
    exposeHeadRoutes: true,
    clientErrorHandler: (error, socket) => refuseBrokenRequest(services, error, socket),
    // An address that cannot be read names nothing. It never reaches a hook.
    frameworkErrors: (_error, request, reply) => {
      for (const [name, value] of Object.entries(answerHeaders)) reply.header(name, value);
      answerError(services, new ApiError('unknownPath', { path: shownPath(request) }), request, reply);
    },
    schemaErrorFormatter: validationError,
    schemaController: { compilersFactory: lazyCompilers() } as FastifyServerOptions['schemaController'],
    ajv: {
      customOptions: {
        coerceTypes: false,
        useDefaults: false,
        removeAdditional: false,
        keywords: [...ownKeywords],
        // A number that may be sent as digits.
        allowUnionTypes: true,
      },
      // After the ready-made ones, which it replaces.
      onCreate: (ajv) => {
        for (const [name, format] of Object.entries(formats)) ajv.addFormat(name, format);
      },
    },
  }) as unknown as FastifyInstance;

  app.decorateRequest('admission', null);
  app.decorateRequest('person', null);
  app.decorateRequest('keyId', null);
  app.decorateRequest('asker', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  // Some clients name a form type on requests without a body; that is no reason to refuse them.
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const takesNoBody = request.routeOptions.schema?.body === undefined;
    if (body === '' || takesNoBody) return done(null, undefined);
    done(new ApiError('unsupportedMediaType'));
  });

  app.addHook('onRequest', (request, reply, done) => {
    // Of a client that goes away meanwhile the address is asked for in vain: limits, the audit log and the use of keys name it afterwards.
    Object.defineProperty(request, 'ip', { value: request.ip ?? 'unknown' });
    reply.header('x-request-id', request.id);
    reply.header('cache-control', answerHeaders['cache-control']);
    reply.header('x-content-type-options', answerHeaders['x-content-type-options']);
    done();
  });
  const methods = new PathMethods(routes.map((route) => route.operation));
  const dashboard = new DashboardFiles(configuration);
  // Before anything of a body is read or judged: whatever it is, nobody asked for it.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404 || isRead(request)) return done();
    done(nothingThere(request, reply));
  });
  app.setNotFoundHandler((request, reply) => {
    if (dashboard.answer(request, reply)) return;
    if (/^\/(\?|$)/.test(request.url)) return greet(reply);
    throw nothingThere(request, reply);
  });
  function nothingThere(request: FastifyRequest, reply: FastifyReply): ApiError {
    const allowed = methods.of(request.url.split('?', 1)[0] as string);
    if (allowed.length === 0) return new ApiError('unknownPath', { path: shownPath(request) });
    reply.header('allow', allowed.join(', '));
    return new ApiError('methodNotAllowed', { method: request.method, allowed: allowed.join(', ') });
  }
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(services, error, request, reply));
  logRequests(app, services);
  refuseOtherWrites(app);
  closeWithoutWaiting(app);
  followCertificate(app, services);
  for (const route of routes) registerRoute(app, route, services);
  const nothing = () => undefined;
  letWrite(nothing);
  for (const { path, methods: mistaken } of methods.mistakable()) {
    app.route({
      method: mistaken,
      url: path,
      onRequest: (request, reply, done) => done(nothingThere(request, reply)),
      handler: nothing,
    });
  }
  return app;
}

/** What every answer has: none is kept by who passes it on, and none is taken for something else. Pages name their own keeping. */
const answerHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** An unknown path as the refusal repeats it: of what a terminal shows as it is. */
function shownPath({ url }: FastifyRequest): string {
  return url.slice(0, 200).replace(/[^\x21-\x7e]/g, '?');
}

/** For who asks without a browser whether there is a server. */
function greet(reply: FastifyReply): FastifyReply {
  return reply.send({
    name: 'Raffia',
    message: 'This server lives. A browser gets its pages here; the reference of the API is at /docs.',
    pages: '/',
    reference: '/docs',
    contract: '/openapi.json',
    health: '/health',
  });
}

/** While closing, a connection whose request was still running becomes idle later than the others: it is closed then. */
function closeWithoutWaiting(app: FastifyInstance): void {
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    timer = setInterval(() => void closeIdle(app.server), 50);
    done();
  });
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer);
    done();
  });
}

/** A request comes at once or not at all, with its body; who is late is found within seconds. */
const arrivalMs = 10_000;
const patience = { headersTimeout: arrivalMs, connectionsCheckingInterval: 2000, shouldUpgradeCallback: isConsole };

function listener({ certificate }: Services): object {
  return certificate === undefined ? { http: patience } : { https: { ...patience, ...certificate.served } };
}

/** Connections that are there go on as they are. */
function followCertificate(app: FastifyInstance, { certificate }: Services): void {
  certificate?.onChange((served) => {
    for (const server of serversOf(app)) server.setSecureContext(served);
  });
}

/** Where it listens on localhost, Fastify has a server of its own for each further address, and tells of none. */
function serversOf(app: FastifyInstance): Server[] {
  const bindings = Object.getOwnPropertySymbols(app).find(
    ({ description }) => description === 'fastify.serverBindings',
  );
  const further = (app as unknown as Record<symbol, Server[]>)[bindings as symbol] as Server[];
  return [app.server as unknown as Server, ...further];
}

function answerError(services: Services, error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalFor(error, request);
  services.meters?.refused(refusal.code);
  if (refusal.status === 401 || refusal.status === 403) {
    const { keyId } = request as AdmittedRequest;
    if (typeof keyId === 'string') services.keyUse.noteDenied(keyId, request);
  }
  const isOurs = (error as Error) instanceof Unavailable;
  if (refusal.code === 'storageFull' && !isOurs) services.storage.foundFull();
  // A flood is refused without a line for each.
  if (refusal.code === 'busy' || (refusal.code === 'storageFull' && isOurs)) {
    services.log.debug(
      { err: error, requestId: request.id, path: request.routeOptions.url },
      `refused: ${refusal.code}`,
    );
  } else if (refusal.status >= 500) {
    services.log.error(
      { err: error.cause ?? error, requestId: request.id, path: request.routeOptions.url },
      'request failed',
    );
  }
  for (const [name, value] of Object.entries(refusal.headers)) reply.header(name, value);
  reply.header('x-request-id', request.id).status(refusal.status).type('application/json; charset=utf-8');
  reply.serializer(JSON.stringify).send(refusal.body());
}

function refusalFor(error: FastifyError & { constraint?: string }, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  if ((error as unknown) instanceof Error && error.statusCode === 413)
    return new ApiError('bodyTooLarge', { limit: request.routeOptions.bodyLimit });
  if (error.statusCode === 415) return new ApiError('unsupportedMediaType');
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new ApiError('malformedBody', { detail: error.message });
  }
  const away = unavailable(error);
  if (away !== undefined) return away;
  return new ApiError('internal', { request: request.id }, { cause: error });
}

/**
 * Changes are logged at info, reads at debug, so that a busy dashboard does not fill a disk; never headers or bodies. A read that
 * is not logged costs no hook: that is the hot path.
 */
function logRequests(app: FastifyInstance, { log }: Services): void {
  app.addHook('onRoute', (route) => {
    const level = route.method === 'GET' || route.method === 'HEAD' ? 'debug' : 'info';
    if (!log.isLevelEnabled(level)) return;
    const logged: onResponseHookHandler = (request, reply, done) => {
      const { admission } = request as { admission?: { principal: { kind: string; id: string } } | null };
      log[level](
        {
          requestId: request.id,
          method: request.method,
          path: request.routeOptions.url,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          ...(admission == null ? {} : { [`${admission.principal.kind}Id`]: admission.principal.id }),
        },
        'request',
      );
      done();
    };
    route.onResponse = [route.onResponse ?? [], logged].flat();
  });
}

const brokenRequests: Readonly<Record<string, ErrorCode>> = {
  HPE_INVALID_METHOD: 'unknownMethod',
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
};

/** Answers what is not HTTP; there is no request to route then. */
function refuseBrokenRequest({ meters }: Services, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = brokenRequests[error.code ?? ''] ?? 'malformedHttp';
  meters?.refused(code);
  const { status, error: label, message } = errors[code];
  const body = JSON.stringify({ error: label, message });
  socket.end(
    `HTTP/1.1 ${status} ${label}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // Whoever sends on, or never closes his side, is cut off.
  setTimeout(() => socket.destroy(), 1000).unref();
}
