import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../testing/until.ts';
import { Readiness } from './readiness.ts';

test('however often somebody asks whether the server works, its parts are asked once a second at most, and one that is slow keeps nobody waiting', async () => {
  let asked = 0;
  let slow: Promise<void> | undefined;
  const engine = {
    check: async () => {
      asked++;
      await slow;
      return 'an engine';
    },
  };
  const parts = {
    draining: { isOn: false },
    outbox: { isConfigured: false },
    capacity: { left: async () => '' },
    storage: { problem: undefined },
  };
  const connection = { query: async () => ({ rows: [] }) };
  const readiness = new Readiness(parts, connection as never, { isRunning: true } as never, engine as never);
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: 100 }, () => readiness.now()));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set(['ready']));
  assert.equal(asked, 1, 'all wait for the first answer');
  let release = () => {};
  slow = new Promise((go) => {
    release = go;
  });
  let repeated = 0;
  await until('the parts are asked again', async () => {
    assert.equal((await readiness.now()).parts.engine.message, 'an engine', 'the answer of before');
    repeated++;
    return asked > 1;
  });
  assert.ok(performance.now() - began >= 1000, 'not within a second');
  assert.ok(repeated > 5, `${repeated} answers`);
  release();
  await readiness.now();
  assert.equal(asked, 2);
});
