import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
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
  // So that the database's files lie in it, whoever runs this.
  chmodSync(server.folder, 0o755);
});
after(async () => {
  await server.end('SIGTERM');
  server.remove();
});

const pidFile = () => join(server.folder, 'data', 'postgres', 'postmaster.pid');

async function raw(
  text: string,
  allowHalfOpen = false,
): Promise<{ socket: Socket; received: () => string; closed: Promise<void> }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen });
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

/** The processes of PostgreSQL that work in the server's folder: what a file says of them may be wrong. */
function databaseProcesses(): string[] {
  if (process.platform !== 'linux') return existsSync(pidFile()) ? ['postmaster'] : [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(server.folder, 'data'));
    } catch {
      return false;
    }
  });
}

async function endsWell(): Promise<number> {
  const started = performance.now();
  assert.notDeepEqual(databaseProcesses(), [], 'PostgreSQL was not found while it ran');
  assert.equal(await server.end('SIGTERM'), 0, server.log);
  assert.deepEqual(databaseProcesses(), [], 'PostgreSQL was left running');
  assert.equal(existsSync(pidFile()), false, 'PostgreSQL did not end as it should');
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

test('a stream that is asked for after the signal is answered and ended at once, so that its client comes back by itself', async () => {
  await server.start();
  const { api_key } = server.first;
  const { hostname, port } = new URL(server.url);
  const agent = new Agent({ keepAlive: true });
  const stop = server.end('SIGTERM');
  await until('/ready says that it stops', async () => (await fetch(`${server.url}/ready`)).status === 503, {
    everyMs: 5,
  });
  const text = await new Promise<string>((done, reject) => {
    const headers = { 'x-api-key': api_key };
    get({ hostname, port, path: '/api/raffia/v1/events', headers, agent }, (answer) => {
      let read = `${answer.statusCode} ${answer.headers['content-type']} `;
      answer.on('data', (chunk) => (read += chunk));
      answer.on('end', () => done(read));
    }).on('error', reject);
  });
  assert.match(text, /^200 text\/event-stream \S*$/);
  assert.equal(await stop, 0);
});

test('no request that is sent just after the signal is reset, on old connections or on new ones', async () => {
  await server.start();
  const { api_key } = server.first;
  const { hostname, port } = new URL(server.url);
  let signalled = Number.POSITIVE_INFINITY;
  let before = 0;
  let afterwards = 0;
  const failed: string[] = [];
  let stopped = false;
  const ask = (agent: Agent | false) =>
    new Promise<void>((done) => {
      const sent = performance.now();
      const over = (error?: NodeJS.ErrnoException) => {
        // Whoever still comes towards the end of the warning may find the door closed.
        const isSoon = sent >= signalled && sent < signalled + 800;
        if (sent < signalled) before++;
        else if (isSoon) afterwards++;
        if (error !== undefined && (sent < signalled || isSoon)) failed.push(`${error.code} ${sent - signalled}`);
        done();
      };
      get({ hostname, port, path: '/api/v1/vms', agent, headers: { 'x-api-key': api_key } }, (answer) => {
        answer.resume();
        answer.on('end', () => over());
        answer.on('error', over);
      }).on('error', over);
    });
  const client = async (keepAlive: boolean) => {
    const agent = keepAlive ? new Agent({ keepAlive: true, maxSockets: 1 }) : false;
    while (!stopped) {
      await ask(agent);
      // Between two requests of these there is no connection.
      if (!keepAlive) await new Promise((later) => setTimeout(later, 30));
    }
    if (agent !== false) agent.destroy();
  };
  const clients = Array.from({ length: 16 }, (_, number) => client(number % 4 !== 0));
  await until('requests are answered', () => before > 200);
  signalled = performance.now();
  const ended = endsWell();
  await new Promise((later) => setTimeout(later, 900));
  stopped = true;
  await Promise.all(clients);
  await ended;
  assert.deepEqual(failed, []);
  assert.ok(afterwards >= 50, `only ${afterwards} requests were sent after the signal`);
});

test('a client that comes now and then is still answered for a moment after the signal', async () => {
  await server.start();
  const ended = endsWell();
  const signalled = performance.now();
  const since = () => performance.now() - signalled;
  let answered = 0;
  while (since() < 700) {
    const ready = await fetch(`${server.url}/ready`, { headers: { connection: 'close' } }).catch((error) => {
      // What was sent in time may come late on a machine that has much to do: the door is closed then.
      if (since() < 1000) throw error;
    });
    if (ready === undefined) break;
    await ready.arrayBuffer();
    assert.ok(ready.status === 503 || since() < 200, `ready said ${ready.status}`);
    answered++;
    await new Promise((later) => setTimeout(later, 100));
  }
  assert.ok(answered > 0, 'nothing was answered');
  await ended;
});

test('a stop at any moment of a start leaves no database behind', async () => {
  const data = join(server.folder, 'data');
  const postmaster = () => {
    try {
      return readFileSync(pidFile(), 'utf8');
    } catch {
      return '';
    }
  };
  const comesUp = () => postmaster() !== '';
  const isUp = () => /ready/.test(postmaster());
  const moments: readonly [string, boolean, () => boolean][] = [
    ['the cluster is being made', true, () => readdirSync(data).some((name) => /^postgres\..*\.new$/.test(name))],
    ['the database comes up for the first time', true, comesUp],
    ['the server gets the database for the first time', true, () => existsSync(join(data, 'secret.key'))],
    ['the database comes up again', false, comesUp],
    ['the server gets the database again', false, isUp],
  ];
  for (const [moment, isFirst, hasCome] of moments) {
    if (isFirst) rmSync(data, { recursive: true, force: true });
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'start'], {
      env: server.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (part) => {
      said += part;
    });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    await until(moment, () => existsSync(data) && hasCome(), { everyMs: 2 });
    child.kill('SIGTERM');
    assert.equal(await ended, 0, `${moment}: ${said}`);
    assert.deepEqual(databaseProcesses(), [], `PostgreSQL was left running after a stop while ${moment}`);
  }
  rmSync(data, { recursive: true, force: true });
  await server.start();
});

for (const [what, sent] of [
  ['header', 'GET /api/v1/vms HTTP/1.1\r\nHost: x\r\nX-A: '],
  ['body', 'POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n'],
] as const) {
  test(`a ${what} that never ends is refused within seconds, and its connection closed, however it trickles`, async () => {
    const key = what === 'body' ? `X-API-Key: ${server.first.api_key}\r\n\r\n{"name": "` : '';
    // The second one never closes its side by itself.
    const [silent, trickling] = [await raw(sent + key), await raw(sent + key, true)];
    const drops = setInterval(() => trickling.socket.write('a'), 500);
    const started = performance.now();
    await Promise.all([silent.closed, trickling.closed]);
    clearInterval(drops);
    for (const { received } of [silent, trickling]) {
      assert.match(received(), /^HTTP\/1\.1 408 [\s\S]*\r\nConnection: close\r\n[\s\S]*did not arrive in time/);
    }
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds > 5 && seconds < 17, `${seconds} s`);
  });
}
