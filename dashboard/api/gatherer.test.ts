import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gatherer } from './gatherer.ts';

/** A gatherer whose moments end when the test says so, with what it has read. */
function gatherer(read = async (id: string) => `item ${id}`) {
  const moments: (() => void)[] = [];
  const waits: number[] = [];
  const clock = { now: 0 };
  const reads: string[] = [];
  const made = new Gatherer<string>(
    async (ids) => {
      reads.push(ids.join());
      return new Map(
        await Promise.all(ids.filter((id) => id !== 'gone').map(async (id) => [id, await read(id)] as const)),
      );
    },
    (call, ms) => {
      moments.push(call);
      waits.push(ms);
    },
    () => clock.now,
  );
  return { made, reads, waits, clock, end: () => moments.shift()?.() };
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

test('after a read the next one is seconds away, and at once again after a quiet time', async () => {
  const { made, waits, clock, end } = gatherer();
  const ask = async (id: string) => {
    const wanted = made.want(id);
    end();
    await wanted;
  };
  await ask('a');
  clock.now += 2000;
  await ask('b');
  clock.now += 60_000;
  await ask('c');
  assert.deepEqual(waits, [100, 4000, 100]);
});
