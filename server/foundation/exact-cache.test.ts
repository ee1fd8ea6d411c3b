import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExactCache } from './exact-cache.ts';

const most = 1_000_000;
const pages = () => new ExactCache<Buffer>(most, (name, page) => page.byteLength + name.length);
const of = (bytes: number) => async () => Buffer.alloc(bytes);

/** What a caller gets: from memory, or read now. */
async function ask(
  cache: ExactCache<Buffer>,
  group: string,
  name: string,
  read: () => Promise<Buffer>,
): Promise<Buffer> {
  return (cache.get(`${group} ${name}`) ?? (await cache.load(`${group} ${name}`, group, read))) as Buffer;
}

test('values of a thousand groups together stay within the bound, whatever is asked for', async () => {
  const cache = pages();
  let largest = 0;
  for (let n = 0; n < 5000; n++) {
    await ask(cache, `account-${n % 1000}`, `page-${n % 7}-${n}`, of(1000 + ((n * 7919) % 60_000)));
    largest = Math.max(largest, cache.weight);
  }
  assert.ok(largest <= most, `${largest}`);
  assert.ok(largest > most / 2, `${largest}: nothing is kept`);
});

test('what was not asked for longest goes first', async () => {
  const cache = pages();
  let read = 0;
  const counted = async () => {
    read++;
    return Buffer.alloc(90_000);
  };
  for (let n = 0; n < 200; n++) {
    await ask(cache, 'busy', 'first', counted);
    await ask(cache, 'other', `page-${n}`, of(90_000));
  }
  assert.equal(read, 1);
});

test('a drop forgets a group and no other, or one name, and gives back what was taken', async () => {
  const cache = pages();
  await ask(cache, 'one', 'a', of(1000));
  const before = cache.weight;
  await ask(cache, 'two', 'a', of(1000));
  await ask(cache, 'two', 'b', of(2000));
  cache.dropGroup('two', (page) => page.byteLength === 2000);
  assert.equal(cache.get('two b'), undefined);
  assert.notEqual(cache.get('two a'), undefined);
  cache.drop('two a');
  assert.equal(cache.weight, before);
  assert.notEqual(cache.get('one a'), undefined);
  cache.dropGroup('one');
  assert.equal(cache.weight, 0);
});

test('what was being read at a drop goes to who waited, and is not kept; who asks later reads anew', async () => {
  const drops: ((cache: ExactCache<Buffer>) => void)[] = [
    (cache) => cache.drop('one a'),
    (cache) => cache.dropGroup('one'),
    (cache) => cache.setSole(true),
  ];
  for (const group of ['one', () => 'one']) {
    for (const drop of drops) {
      const cache = pages();
      let finish: (page: Buffer) => void = () => {};
      const reading = cache.load('one a', group, () => new Promise<Buffer>((done) => (finish = done)));
      drop(cache);
      const next = cache.load('one a', group, of(7));
      finish(Buffer.alloc(5));
      assert.equal((await reading)?.byteLength, 5);
      assert.equal((await next)?.byteLength, 7);
      assert.equal(cache.get('one a')?.byteLength, 7);
    }
  }
});

test('another group’s drop leaves alone what is being read, where its group is known', async () => {
  const cache = pages();
  const reading = cache.load('one a', 'one', of(5));
  cache.dropGroup('two');
  await reading;
  assert.equal(cache.get('one a')?.byteLength, 5);
});

test('who asks at the same time shares one reading; what failed or is missing is read again', async () => {
  const cache = pages();
  let read = 0;
  const counted = async () => {
    read++;
    return Buffer.alloc(3);
  };
  await Promise.all([cache.load('a', 'one', counted), cache.load('a', 'one', counted)]);
  assert.equal(read, 1);
  await assert.rejects(
    cache.load('bad', 'one', () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal((await cache.load('bad', 'one', of(3)))?.byteLength, 3);
  assert.equal(await cache.load('none', 'one', async () => undefined), undefined);
  assert.equal(cache.get('none'), undefined);
});

test('a name that is read again while it is kept counts once', async () => {
  const cache = pages();
  for (const bytes of [3000, 1000, 2000]) await cache.load('a', 'one', of(bytes));
  assert.equal(cache.get('a')?.byteLength, 2000);
  assert.equal(cache.weight, 2001);
  await cache.load('a', 'two', of(500));
  cache.dropGroup('one');
  assert.equal(cache.get('a')?.byteLength, 500, 'it is of its new group alone');
  cache.dropGroup('two');
  assert.equal(cache.weight, 0);
});

test('beside another process nothing is kept and nothing is shared', async () => {
  const cache = pages();
  await cache.load('a', 'one', of(3));
  cache.setSole(false);
  assert.equal(cache.get('a'), undefined);
  let read = 0;
  const counted = async () => {
    read++;
    return Buffer.alloc(3);
  };
  await Promise.all([cache.load('a', 'one', counted), cache.load('a', 'one', counted)]);
  assert.equal(read, 2);
  assert.equal(cache.weight, 0);
});
