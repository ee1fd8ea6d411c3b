import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { transact } from '../database/transaction.ts';
import { freePort } from '../foundation/free-port.ts';
import { enqueueOwn } from '../operations/enqueue.ts';
import { drawTrace } from '../testing/draw-trace.ts';
import { scrape } from '../testing/scrape.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { type CollectedSpan, TestCollector } from '../testing/test-collector.ts';
import { goodPassword, sshPublicKey, TestServer, vmRequest } from '../testing/test-server.ts';
import { until } from '../testing/until.ts';
import { workflows } from '../workflows.ts';
import { OtlpTracer } from './otlp-tracer.ts';

let collector: TestCollector;
let server: TestServer;
before(async () => {
  collector = await TestCollector.start();
  server = await TestServer.start(collector.env);
});
after(async () => {
  await server.stop();
  collector.stop();
});

const creation = workflows['vm.create'].steps.map(({ name }) => name);

/** All that a span may tell: names of the code, ids and figures. */
const told = new Set([
  'error.type',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'raffia.account.id',
  'raffia.api.operation',
  'raffia.engine.outcome',
  'raffia.engine.verb',
  'raffia.operation.id',
  'raffia.operation.kind',
  'raffia.operation.status',
  'raffia.request.id',
  'raffia.step',
  'raffia.step.attempt',
  'raffia.step.outcome',
]);

const byRequest = (id: string | null) => (span: CollectedSpan) => span.attributes['raffia.request.id'] === id;
const idOf = ({ headers }: { headers: Headers }) => headers.get('x-request-id') as string;
const below = (spans: readonly CollectedSpan[], { spanId }: CollectedSpan) =>
  spans.filter(({ parentSpanId }) => parentSpanId === spanId);

async function create(on: TestServer, name: string, headers: Record<string, string> = {}, extra = {}) {
  const made = await on.send(on.owner, 'POST', '/api/v1/vms', { body: { ...vmRequest(name), ...extra }, headers });
  assert.equal(made.status, 201, made.text);
  return made;
}

/** The trace of a creation once its operation has ended. */
async function traceOf(from: TestCollector, request: string): Promise<CollectedSpan[]> {
  const { traceId } = await from.span('the request', byRequest(request));
  await from.span('the operation', (span) => span.traceId === traceId && span.name === 'vm.create');
  await until('its steps have come', () =>
    creation.every((step) => from.trace(traceId).some(({ name }) => name === step)),
  );
  return from.trace(traceId);
}

const lastOperation = (on: TestServer) =>
  on.server.services.db
    .selectFrom('operations')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();

test('a creation is one trace: the request, below it the operation, its steps and what each asked the engine', async (t) => {
  const own = await TestServer.start({ ...collector.env, OTEL_SERVICE_NAME: 'cloud', RAFFIA_SIMULATED_DELAY: '1' });
  t.after(() => own.stop());
  const key = sshPublicKey('somebody@home');
  const made = await create(own, 'told-by-nobody', {}, { ssh_keys: [key] });
  await own.settled();
  const spans = await traceOf(collector, idOf(made));
  const [root, ...others] = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  assert.deepEqual(others, []);
  assert.equal(root?.name, 'POST /api/v1/vms');
  const operation = await lastOperation(own);
  assert.deepEqual(root?.attributes, {
    'http.request.method': 'POST',
    'http.route': '/api/v1/vms',
    'http.response.status_code': 201,
    'raffia.request.id': idOf(made),
    'raffia.api.operation': 'createVM',
    'raffia.account.id': own.first.account_id,
  });
  assert.equal(operation.trace_parent, `00-${root?.traceId}-${root?.spanId}-01`);
  const [work, ...more] = below(spans, root as CollectedSpan);
  assert.deepEqual([work?.name, more], ['vm.create', []]);
  assert.deepEqual(work?.attributes, {
    'raffia.operation.id': operation.id,
    'raffia.operation.kind': 'vm.create',
    'raffia.operation.status': 'succeeded',
    'raffia.account.id': own.first.account_id,
  });
  const tries = below(spans, work as CollectedSpan);
  const isDone = ({ attributes }: CollectedSpan) => attributes['raffia.step.outcome'] === 'done';
  assert.deepEqual(
    tries.filter(isDone).map(({ name }) => name),
    creation,
  );
  for (const { name, attributes } of tries) {
    assert.ok(['done', 'waits'].includes(attributes['raffia.step.outcome'] as string), JSON.stringify(attributes));
    assert.deepEqual([attributes['raffia.step'], attributes['raffia.operation.id']], [name, operation.id]);
  }
  const calls = tries.flatMap((span) => below(spans, span));
  assert.ok(calls.some(({ name }) => name === 'machines.apply'));
  assert.ok(calls.every(({ attributes }) => attributes['raffia.engine.outcome'] === 'answered'));
  assert.equal(1 + 1 + tries.length + calls.length, spans.length, 'nothing stands beside');
  assert.ok(!spans.some(({ isError }) => isError));
  assert.equal(collector.resource['service.name'], 'cloud');
  console.log(drawTrace(spans));
  const secrets = [own.first.api_key, goodPassword, key, 'somebody@home', 'told-by-nobody', '127.0.0.1', 'owner@'];
  for (const secret of secrets) assert.ok(!collector.text.includes(secret), secret);
});

test('a failure is told with what kind of error it was, never with its sentence, and what was undone with it', async () => {
  await server.operator('fault', 'add', 'create', '--name', 'bad', '--fail', 'no room for Mr Miller');
  const made = await create(server, 'bad');
  await server.settled();
  const { traceId } = await collector.span('the request', byRequest(idOf(made)));
  const work = await collector.span('the operation', (span) => span.traceId === traceId && span.name === 'vm.create');
  assert.deepEqual([work.isError, work.attributes['raffia.operation.status']], [true, 'failed']);
  const spans = await until('what was undone has come', () => {
    const found = collector.trace(traceId);
    return found.some(({ name }) => name === `undo ${creation[0]}`) && found;
  });
  const tries = below(spans, work);
  const failed = tries.filter(({ isError }) => isError);
  assert.deepEqual(
    failed.map(({ attributes }) => attributes['raffia.step.outcome']),
    ['failed'],
  );
  const refused = below(spans, failed[0] as CollectedSpan).find(({ isError }) => isError);
  assert.deepEqual(refused?.attributes, {
    'raffia.engine.verb': 'machines.apply',
    'raffia.engine.outcome': 'refused',
    'error.type': 'EngineError',
  });
  const at = creation.indexOf(failed[0]?.name as string);
  assert.deepEqual(
    tries.flatMap(({ name }) => (name.startsWith('undo ') ? [name] : [])),
    creation
      .slice(0, at + 1)
      .reverse()
      .map((name) => `undo ${name}`),
  );
  assert.ok(!collector.text.includes('Miller'));
});

test('a traceparent is continued; where it says that nothing is recorded nothing is told, of the operation neither', async () => {
  const caller = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
  const made = await create(server, 'asked', { traceparent: `00-${caller.trace}-${caller.span}-01` });
  await server.settled();
  const spans = await traceOf(collector, idOf(made));
  const request = spans.find(byRequest(idOf(made)));
  assert.deepEqual([request?.traceId, request?.parentSpanId], [caller.trace, caller.span]);
  assert.ok(spans.length > creation.length, `${spans.length} spans`);

  const untold = '4bf92f3577b34da6a3ce929d0e0e4737';
  await create(server, 'unasked', { traceparent: `00-${untold}-${caller.span}-00` });
  assert.match((await lastOperation(server)).trace_parent ?? '', new RegExp(`^00-${untold}-[0-9a-f]{16}-00$`));
  await server.settled();
  const next = await server.call(server.owner, 'GET', '/api/v1/vms');
  await collector.span('a later request', byRequest(idOf(next)));
  assert.deepEqual(collector.trace(untold), []);
});

test('what is no traceparent is as good as none, and a version that is yet to come is read as far as it is known', async () => {
  const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const malformed = [
    `ff-${trace}-${span}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${trace}-${span}`,
    `00-${trace}${span}-01`,
    `00-${trace}-${span}-01, 00-${trace}-${span}-01`,
    'x'.repeat(4000),
    '',
  ];
  let looked = 0;
  for (const traceparent of malformed) {
    const reply = await server.call(server.owner, 'GET', '/api/v1/vms', { headers: { traceparent } });
    assert.equal(reply.status, 200);
    const found = await collector.span(traceparent, byRequest(idOf(reply)));
    assert.ok(found.traceId !== trace && found.parentSpanId === undefined, traceparent);
    looked++;
  }
  assert.equal(looked, 10);
  const later = await server.call(server.owner, 'GET', '/api/v1/vms', {
    headers: { traceparent: `cc-${trace}-${span}-01-what-the-future-adds` },
  });
  const found = await collector.span('the later version', byRequest(idOf(later)));
  assert.deepEqual([found.traceId, found.parentSpanId], [trace, span]);
});

test('requests that are refused are told with their status and, once known, their account; never what they asked for', async () => {
  const path = '/api/v1/vms/00000000-0000-4000-8000-000000000000?secret=hush';
  const unknown = await server.call({ key: 'raff_nobody' }, 'GET', path);
  const missing = await server.call(server.owner, 'GET', path);
  const attributesOf = async (reply: typeof missing) => {
    const { name, isError, attributes } = await collector.span('a request', byRequest(idOf(reply)));
    assert.deepEqual([name, isError], ['GET /api/v1/vms/{id}', false]);
    return [attributes['http.response.status_code'], attributes['raffia.account.id']];
  };
  assert.deepEqual(await attributesOf(unknown), [401, undefined]);
  assert.equal((await attributesOf(missing))[0], 404);
  const known = await server.call(server.owner, 'GET', '/api/v1/vms');
  const { attributes } = await collector.span('a request', byRequest(idOf(known)));
  assert.equal(attributes['raffia.account.id'], server.first.account_id);
  assert.ok(!collector.text.includes('hush'));
  const names = new Set(collector.spans.flatMap((span) => Object.keys(span.attributes)));
  assert.deepEqual(
    [...names].filter((name) => !told.has(name)),
    [],
  );
  assert.ok(collector.spans.length > 50, `${collector.spans.length} spans`);
});

test('work that the cloud does for itself is a trace of its own', async () => {
  const { services } = server.server;
  await transact(services.db, (tx) => enqueueOwn(services, tx, 'cloud.tidy'));
  const row = await lastOperation(server);
  assert.deepEqual([row.kind, row.trace_parent], ['cloud.tidy', null]);
  await server.settled();
  const traceId = row.id.replaceAll('-', '');
  const work = await collector.span('the work', (span) => span.traceId === traceId && span.name === 'cloud.tidy');
  assert.equal(work.parentSpanId, undefined);
  const steps = await until('its steps have come', () => {
    const found = below(collector.trace(traceId), work);
    return found.length >= workflows['cloud.tidy'].steps.length && found;
  });
  assert.ok(steps.every(({ attributes }) => attributes['raffia.step.outcome'] === 'done'));
});

test('another process that does the work later tells it to the trace of the request', async (t) => {
  const secret = 'ab'.repeat(32);
  const asked = await TestServer.start({ ...collector.env, RAFFIA_SECRET: secret }, { works: false });
  t.after(() => asked.stop());
  const made = await create(asked, 'later');
  const { traceId } = await collector.span('the request', byRequest(idOf(made)));
  const { databaseUrl } = asked.server.services.configuration;
  await asked.server.stop();
  assert.equal(collector.trace(traceId).length, 1, 'nobody has worked on it');
  const worker = await ServerProcess.create({
    ...collector.env,
    DATABASE_URL: databaseUrl as string,
    RAFFIA_SECRET: secret,
    RAFFIA_SIMULATED_DELAY: '0',
  });
  t.after(() => worker.remove());
  await worker.start();
  const spans = await traceOf(collector, idOf(made));
  await worker.end('SIGTERM');
  const [work] = below(spans, spans.find(byRequest(idOf(made))) as CollectedSpan);
  assert.equal(work?.name, 'vm.create');
  const steps = below(spans, work as CollectedSpan).filter(
    ({ attributes }) => attributes['raffia.step.outcome'] === 'done',
  );
  assert.deepEqual(
    steps.map(({ name }) => name),
    creation,
  );
});

test('of the traces that begin here as many are told as the ratio says; who sends a traceparent has decided', async (t) => {
  const own = await TestServer.start({ ...collector.env, OTEL_TRACES_SAMPLER_ARG: '0' });
  t.after(() => own.stop());
  const untold = await create(own, 'untold');
  assert.match((await lastOperation(own)).trace_parent ?? '', /-00$/);
  const trace = '5bf92f3577b34da6a3ce929d0e0e4736';
  const made = await create(own, 'told', { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
  await own.settled();
  await traceOf(collector, idOf(made));
  assert.equal(collector.spans.some(byRequest(idOf(untold))), false);
});

test('a collector that is away, slow or answers 500 slows and fails no request and no work, and what it lacks is counted', async (t) => {
  const port = await freePort();
  const away = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const broken = await TestCollector.start();
  broken.status = 500;
  const slow = await TestCollector.start();
  const answers = Promise.withResolvers<void>();
  slow.hold = answers.promise;
  t.after(() => {
    answers.resolve();
    broken.stop();
    slow.stop();
  });
  for (const [what, env] of Object.entries({ away, broken: broken.env, slow: slow.env })) {
    const own = await TestServer.start({ ...env, RAFFIA_METRICS_ADDRESS: '0' });
    try {
      await create(own, what);
      await own.settled();
      assert.equal((await own.call(own.owner, 'GET', '/api/v1/vms')).body.data.length, 1);
      const lost = async () =>
        (await scrape(own.server.metricsUrl as string)).get('raffia_trace_spans_dropped_total{reason="failed"}');
      assert.equal(
        (await scrape(own.server.metricsUrl as string)).get('raffia_trace_spans_dropped_total{reason="full"}'),
        0,
      );
      if (what === 'slow') await until('it was asked', () => slow.requests > 0);
      else await until(`what ${what} lacks is counted`, async () => ((await lost()) ?? 0) > 0);
    } finally {
      await own.stop();
    }
  }
  assert.ok(broken.requests > 0);
  assert.deepEqual(broken.spans, []);
});

test('what waits for a collector has a bound, each span that is dropped is counted, and the log has a line for each change', async (t) => {
  const own = await TestCollector.start();
  t.after(() => own.stop());
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const lost = { full: 0, failed: 0 };
  const meters = {
    spansDropped: (reason: 'full' | 'failed', spans: number) => {
      lost[reason] += spans;
    },
  };
  const settings = { endpoint: `${own.env.OTEL_EXPORTER_OTLP_ENDPOINT}/`, ratio: 1, serviceName: 'flood' };
  const tracer = new OtlpTracer(settings, log, meters);
  let begun = 0;
  const ask = (requests: number) => {
    for (let i = 0; i < requests; i++) {
      const request = { id: `req_${begun++}`, method: 'GET', operation: 'listVMs', route: '/', traceparent: undefined };
      tracer.requestBegan(request).end({ status: 200, accountId: undefined });
    }
  };
  const answers = Promise.withResolvers<void>();
  own.hold = answers.promise;
  ask(10_000);
  // One batch is on its way, and no more wait than there is room for.
  assert.equal(lost.full, 10_000 - 2048 - 512);
  answers.resolve();
  await until('what waited has come', () => own.spans.length === 2048 + 512);
  own.status = 500;
  for (let batch = 1; batch <= 3; batch++) {
    ask(512);
    await until('the batch is given up', () => lost.failed === batch * 512);
  }
  own.status = 200;
  ask(10);
  await until('the collector takes spans again', () => own.spans.length === 2048 + 512 + 10);
  ask(5);
  await tracer.close();
  assert.equal(own.spans.length + lost.full + lost.failed, begun);
  assert.equal(begun, 10_000 + 3 * 512 + 10 + 5);
  assert.deepEqual(lines, [
    'the collector of traces takes no spans: they are dropped until it does',
    'the collector of traces takes spans again',
  ]);
});

test('off, nothing is told to anybody and operations remember nothing', async (t) => {
  const own = await TestServer.start();
  t.after(() => own.stop());
  assert.equal(own.server.services.tracer, undefined);
  await create(own, 'off', { traceparent: '00-6bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' });
  await own.settled();
  assert.equal((await lastOperation(own)).trace_parent, null);
  assert.deepEqual(collector.trace('6bf92f3577b34da6a3ce929d0e0e4736'), []);
});
