import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { ServerProcess } from './testing/server-process.ts';
import { until } from './testing/until.ts';

/** How a server ends, whatever its clients are doing: with code 0, and its database with it. */
let server: ServerProcess;

before(async () => {
  server = await ServerProcess.create({ RAFFIA_SIMULATED_DELAY: '0', RAFFIA_LOCK_SECONDS: '2' });
});
after(async () => {
  await server.end('SIGTERM');
  server.remove();
});

const pidFile = () => join(server.folder, 'data', 'postgres', 'postmaster.pid');

async function raw(text: string): Promise<{ socket: Socket; received: () => string; closed: Promise<void> }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((done) => socket.once('close', () => done()));
  await new Promise((done) => socket.once('connect', done));
  socket.write(text);
  return { socket, received: () => received, closed };
}

async function endsWell(): Promise<number> {
  const started = performance.now();
  assert.equal(await server.end('SIGTERM'), 0, server.log);
  assert.equal(existsSync(pidFile()), false, 'PostgreSQL was left running');
  return performance.now() - started;
}

test('a half-sent header and a half-sent body are cut at a stop', async () => {
  await server.start();
  const { api_key } = server.first;
  const header = await raw('GET /api/v1/vms HTTP/1.1\r\nHost: x\r\nX-A');
  const body = await raw(
    `POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nX-API-Key: ${api_key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name"`,
  );
  const silent = await raw('');
  await (await fetch(`${server.url}/health`)).text();
  assert.ok((await endsWell()) < 12_000);
  await Promise.all([header.closed, body.closed, silent.closed]);
});

test('a request that waits for a lock is answered before the end', async () => {
  await server.start();
  const { api_key } = server.first;
  const [, , , port] = readFileSync(pidFile(), 'utf8').split('\n');
  const password = readFileSync(join(server.folder, 'data', 'postgres.password'), 'utf8').trim();
  const beside = new pg.Client({ connectionString: `postgres://raffia:${password}@127.0.0.1:${port}/raffia` });
  beside.on('error', () => {});
  await beside.connect();
  await beside.query('begin');
  await beside.query('lock table projects in access exclusive mode');
  const waiting = fetch(`${server.url}/api/v1/projects`, {
    method: 'POST',
    headers: { 'x-api-key': api_key, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'waits' }),
  });
  await until('it waits for the lock', async () => {
    const { rows } = await beside.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'`);
    return rows.length > 0;
  });
  const ended = endsWell();
  const answer = await waiting;
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('connection'), 'close');
  await ended;
});

test('after the signal /ready says 503, requests are still answered for a moment, and each answer closes its connection', async () => {
  await server.start();
  const { api_key } = server.first;
  // A connection that is half-way keeps the server from ending while the others are looked at.
  await raw('GET /api/v1/vms HTTP/1.1\r\nHost: x\r\nX-A');
  let stopped = false;
  let answered = 0;
  let refusedReady = 0;
  const client = async () => {
    while (!stopped) {
      const response = await fetch(`${server.url}/api/v1/vms`, { headers: { 'x-api-key': api_key } });
      assert.ok(response.status === 200 || response.status === 429, `status ${response.status}`);
      await response.arrayBuffer();
      const ready = await fetch(`${server.url}/ready`);
      await ready.arrayBuffer();
      if (ready.status === 503) {
        refusedReady++;
        assert.equal(ready.headers.get('connection'), 'close');
        return;
      }
      answered++;
    }
  };
  const clients = Array.from({ length: 6 }, client);
  await until('requests are answered', () => answered > 10);
  const ended = endsWell();
  await Promise.all(clients);
  stopped = true;
  assert.equal(refusedReady, 6);
  await ended;
});

test('a stop while it starts leaves no database behind', async () => {
  for (const delayMs of [50, 300, 700]) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'start'], {
      env: server.environment,
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    await new Promise((done) => setTimeout(done, delayMs));
    child.kill('SIGTERM');
    const code = await ended;
    // Before its first line ran there is nobody who would hear the signal, and nothing to end.
    assert.ok(code === 0 || code === null, `code ${code}`);
    assert.equal(existsSync(pidFile()), false, `PostgreSQL was left running ${delayMs} ms into the start`);
  }
  await server.start();
});

test('a header that never ends is refused within seconds', async () => {
  const { received, closed } = await raw('GET /api/v1/vms HTTP/1.1\r\nHost: x\r\nX-A');
  const started = performance.now();
  await closed;
  assert.match(received(), /^HTTP\/1\.1 408 /);
  assert.ok(performance.now() - started < 20_000);
});
