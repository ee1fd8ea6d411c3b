import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import Fastify from 'fastify';
import type { Services } from '../services.ts';
import { until } from '../testing/until.ts';
import { drainOf } from './drain.ts';

const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

test('a request that has come on a kept connection, and was not read yet as the end began, is answered', async () => {
  let tried = 0;
  // At each moment of the turn in which the warning is over, and around it.
  for (const beforeEndMs of [45, 30, 20, 10, 5]) {
    const app = Fastify();
    app.get('/', async () => 'here');
    await app.listen({ host: '127.0.0.1', port: 0 });
    const drain = drainOf(app, { draining: { isOn: false }, streams: { end: () => undefined } } as unknown as Services);
    let said = '';
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('data', (part) => {
      said += part;
    });
    socket.on('error', (error) => {
      said += error.message;
    });
    socket.write(request);
    await until('it is kept', () => said.endsWith('here'), { everyMs: 2 });
    assert.doesNotMatch(said, /connection: close/i);
    const began = performance.now();
    const ended = drain(true);
    await setTimeout(1000 - beforeEndMs);
    said = '';
    socket.write(request);
    // The server has something else to do until its time is over.
    while (performance.now() < began + 1030);
    await ended;
    assert.match(said, /^HTTP\/1\.1 200 [\s\S]*here$/, `${beforeEndMs} ms before the end`);
    tried++;
  }
  assert.equal(tried, 5);
});

test('connections that have come and were not taken yet as the end began are answered, all of them', async () => {
  const app = Fastify();
  app.get('/', async () => 'here');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const drain = drainOf(app, { draining: { isOn: false }, streams: { end: () => undefined } } as unknown as Services);
  const began = performance.now();
  const ended = drain(true);
  const said: string[] = [];
  const come = () => {
    for (let number = 0; number < 40; number++) {
      said[number] = '';
      const socket = connect(port, '127.0.0.1');
      socket.on('data', (part) => {
        said[number] = `${said[number]}${part}`;
      });
      socket.on('error', (error) => {
        said[number] = `${said[number]}${error.message}`;
      });
      socket.write(request);
    }
  };
  // So that the warning is not over before its time.
  const first = connect(port, '127.0.0.1');
  first.on('error', () => undefined);
  await setTimeout(950);
  come();
  await Promise.resolve();
  process.nextTick(() => {
    while (performance.now() < began + 1100);
  });
  first.end(request);
  await ended;
  await until('all have an answer', () => said.every((text) => text !== ''));
  assert.equal(said.length, 40);
  assert.deepEqual(
    said.filter((text) => !/^HTTP\/1\.1 (200|503) /.test(text)),
    [],
  );
});
