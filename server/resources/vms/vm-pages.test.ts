import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VmPages } from './vm-pages.ts';

const most = 1_000_000;
const of = (bytes: number) => async () => Buffer.alloc(bytes);

test('pages of a thousand accounts together stay within the bound, whatever is asked for', async () => {
  const pages = new VmPages(most);
  let largest = 0;
  for (let n = 0; n < 5000; n++) {
    await pages.page(`account-${n % 1000}`, `page-${n % 7}-${n}`, of(1000 + ((n * 7919) % 60_000)));
    largest = Math.max(largest, pages.bytes);
  }
  assert.ok(largest <= most, `${largest}`);
  assert.ok(largest > most / 2, `${largest}: nothing is kept`);
});

test('what was not asked for longest goes first', async () => {
  const pages = new VmPages(most);
  let built = 0;
  const counted = async () => {
    built++;
    return Buffer.alloc(90_000);
  };
  for (let n = 0; n < 200; n++) {
    await pages.page('busy', 'first', counted);
    await pages.page('other', `page-${n}`, of(90_000));
  }
  assert.equal(built, 1);
});

test('a drop forgets an account and no other, and gives back what its pages took', async () => {
  const pages = new VmPages(most);
  await pages.page('one', 'a', of(1000));
  const before = pages.bytes;
  await pages.page('two', 'a', of(1000));
  await pages.page('two', 'b', of(1000));
  pages.drop('two');
  assert.equal(pages.bytes, before);
  assert.ok(pages.page('one', 'a', of(1)) instanceof Buffer);
  assert.ok(pages.page('two', 'a', of(1)) instanceof Promise);
});

test('a page that was being built at the drop, or failed, is not kept', async () => {
  const pages = new VmPages(most);
  let finish: (page: Buffer) => void = () => {};
  const building = pages.page(
    'one',
    'a',
    () =>
      new Promise((done) => {
        finish = done;
      }),
  );
  pages.drop('one');
  const next = pages.page('one', 'a', of(7));
  finish(Buffer.alloc(5));
  assert.equal((await building).byteLength, 5);
  assert.equal((await next).byteLength, 7);
  assert.equal((await pages.page('one', 'a', of(9))).byteLength, 7);
  await assert.rejects(async () => pages.page('one', 'bad', () => Promise.reject(new Error('no'))));
  assert.equal((await pages.page('one', 'bad', of(3))).byteLength, 3);
});
