import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gatherer } from './gatherer.ts';

/** A gatherer whose moments end when the test says so, with what it has read. */
function gatherer(read = async (id: string) => `item ${id}`) {
  const moments: (() => void)[] = [];
  const reads: string[] = [];
  const made = new Gatherer<string>(
    async (ids) => {
      reads.push(ids.join());
      return new Map(
        await Promise.all(ids.filter((id) => id !== 'gone').map(async (id) => [id, await read(id)] as const)),
      );
    },
    (call) => moments.push(call),
  );
  return { made, reads, end: () => moments.shift()?.() };
}

test('what is wanted within a moment is read at once, each thing once, and each asker has its own', async () => {
  const { made, reads, end } = gatherer();
  const wanted = ['a', 'b', 'a', 'gone'].map((id) => made.want(id));
  end();
  assert.deepEqual(await Promise.all(wanted), ['item a', 'item b', 'item a', undefined]);
  assert.deepEqual(reads, ['a,b,gone']);
});

test('what is wanted while it is read is read after it', async () => {
  const { made, reads, end } = gatherer();
  const first = made.want('a');
  end();
  await first;
  const second = [made.want('a'), made.want('c')];
  end();
  await Promise.all(second);
  assert.deepEqual(reads, ['a', 'a,c']);
});

test('a failure reaches all who asked for it, and nobody after them', async () => {
  let isBroken = true;
  const { made, end } = gatherer(async (id) => {
    if (isBroken) throw new Error('away');
    return id;
  });
  const wanted = Promise.allSettled([made.want('a'), made.want('b')]);
  end();
  assert.deepEqual(
    (await wanted).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  isBroken = false;
  const again = made.want('a');
  end();
  assert.equal(await again, 'a');
});
