import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateVMRequest } from '@raffia/client/client.ts';
import { createSeveral } from './create-several.ts';

const body: CreateVMRequest = { name: '', template_id: 't', pricing_id: 1, region: 'us-east' };

/** Makes what it is asked for, but refuses one name. */
function server(refused?: string) {
  const asked: CreateVMRequest[] = [];
  const progress: number[] = [];
  return {
    asked,
    progress,
    does: {
      create: async (one: CreateVMRequest) => {
        asked.push(one);
        if (one.name === refused) throw new Error('No room');
        return { id: `id-${one.name}` };
      },
      networkNamed: async (block: string): Promise<string | undefined> => `net-${block}`,
      onProgress: (done: number) => progress.push(done),
    },
  };
}

test('all are made, one after the other', async () => {
  const { asked, progress, does } = server();
  const outcome = await createSeveral(['a', 'b', 'c'], body, does);
  assert.deepEqual(
    asked.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(progress, [1, 2, 3]);
  assert.deepEqual(outcome, {
    made: ['a', 'b', 'c'].map((name) => ({ id: `id-${name}`, name })),
    left: [],
    error: undefined,
    networkId: undefined,
  });
});

test('where one is refused, it and those behind it are left, and nothing more is asked for', async () => {
  for (const [refused, made, left] of [
    ['a', [], ['a', 'b', 'c']],
    ['b', ['a'], ['b', 'c']],
    ['c', ['a', 'b'], ['c']],
  ] as const) {
    const { asked, does } = server(refused);
    const outcome = await createSeveral(['a', 'b', 'c'], body, does);
    assert.deepEqual([outcome.made.map(({ name }) => name), outcome.left], [made, left]);
    assert.equal(outcome.error?.message, 'No room');
    assert.equal(asked.length, made.length + 1);
  }
});

test('a new network is made with the first, and the others join it, also those that are left', async () => {
  const { asked, does } = server('c');
  const outcome = await createSeveral(['a', 'b', 'c'], { ...body, vpc_name: 'data', vpc_cidr: '10.7.0.0/20' }, does);
  assert.deepEqual(
    asked.map(({ vpc_name, vpc_cidr, vpc_id }) => [vpc_name, vpc_cidr, vpc_id]),
    [
      ['data', '10.7.0.0/20', undefined],
      [undefined, undefined, 'net-10.7.0.0/20'],
      [undefined, undefined, 'net-10.7.0.0/20'],
    ],
  );
  assert.equal(outcome.networkId, 'net-10.7.0.0/20');
  const lost = server();
  const unfound = await createSeveral(
    ['a', 'b'],
    { ...body, vpc_name: 'data', vpc_cidr: '10.7.0.0/20' },
    {
      ...lost.does,
      networkNamed: async () => undefined,
    },
  );
  assert.deepEqual([unfound.made.length, unfound.left], [1, ['b']]);
  assert.match(unfound.error?.message ?? '', /10\.7\.0\.0\/20/);
});
