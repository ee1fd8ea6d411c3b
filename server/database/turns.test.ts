import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NoTurn, Turns } from './turns.ts';

const limits = { atOnce: 4, share: 2, waiting: 10, waitMs: 60_000 };

function ask(turns: Turns, account: string, told: string[]): () => void {
  return turns.enter(
    account,
    () => told.push(account),
    (error: NoTurn) => told.push(`${account} ${error.reason}`),
  );
}

test('one account holds only its share, the others find a turn, and who waits is served in rounds', () => {
  const turns = new Turns(limits);
  const told: string[] = [];
  for (let index = 0; index < 6; index++) ask(turns, 'flood', told);
  assert.deepEqual(told, ['flood', 'flood']);
  for (const account of ['a', 'b', 'c', 'd']) ask(turns, account, told);
  assert.deepEqual(told.splice(0), ['flood', 'flood', 'a', 'b']);
  for (const account of ['flood', 'a', 'b']) turns.leave(account);
  assert.deepEqual(told, ['flood', 'c', 'd']);
  assert.deepEqual([turns.running, turns.waiting], [4, 3]);
});

test('who has had a turn goes behind the others that wait', () => {
  const turns = new Turns({ ...limits, atOnce: 1, share: 1 });
  const told: string[] = [];
  for (const account of ['a', 'a', 'a', 'b', 'c', 'b']) ask(turns, account, told);
  for (const account of ['a', 'a', 'b', 'c', 'a']) turns.leave(account);
  assert.deepEqual(told, ['a', 'a', 'b', 'c', 'a', 'b']);
});

test('where too many wait, the account with most waiters is refused at once, and a newcomer is not', () => {
  const turns = new Turns(limits);
  const told: string[] = [];
  for (let index = 0; index < 13; index++) ask(turns, 'flood', told);
  assert.deepEqual(told.splice(0), ['flood', 'flood', 'flood full']);
  assert.equal(turns.isFull('flood'), true);
  for (const account of ['a', 'b']) ask(turns, account, told);
  assert.equal(turns.isFull('c'), false);
  ask(turns, 'c', told);
  assert.deepEqual(told, ['a', 'b', 'flood full']);
  assert.equal(turns.waiting, 10);
});

test('whether the line is full for an account follows each change of the lines', () => {
  const turns = new Turns({ ...limits, atOnce: 1, share: 1, waiting: 4 });
  const told: string[] = [];
  for (let index = 0; index < 5; index++) ask(turns, 'flood', told);
  assert.deepEqual([turns.isFull('flood'), turns.isFull('a')], [true, false]);
  for (let index = 0; index < 2; index++) ask(turns, 'a', told);
  assert.deepEqual([turns.isFull('flood'), turns.isFull('a'), turns.isFull('b')], [true, true, false]);
  turns.leave('flood');
  assert.deepEqual([turns.isFull('flood'), turns.isFull('a'), turns.isFull('b')], [false, false, false]);
});

test('who goes gives the place back; a turn that came is not given back that way', () => {
  const turns = new Turns({ ...limits, atOnce: 1, share: 1 });
  const told: string[] = [];
  const first = ask(turns, 'a', told);
  const second = ask(turns, 'b', told);
  ask(turns, 'c', told);
  second();
  first();
  assert.deepEqual(told.splice(0), ['a', 'b gone']);
  turns.leave('a');
  turns.leave('c');
  assert.deepEqual([told, turns.running, turns.waiting], [['c'], 0, 0]);
});

test('who waits too long is refused', async () => {
  const turns = new Turns({ ...limits, atOnce: 1, share: 1, waitMs: 20 });
  const told: string[] = [];
  ask(turns, 'a', told);
  const asked = performance.now();
  const refused = new Promise((done) => turns.enter('b', () => {}, done));
  const keepAlive = setTimeout(() => {}, 5000);
  assert.equal(((await refused) as NoTurn).reason, 'late');
  clearTimeout(keepAlive);
  const waited = performance.now() - asked;
  assert.ok(waited >= 19 && waited < 2000, `${waited} ms`);
  assert.equal(turns.waiting, 0);
});

test('whatever comes and goes, turns are neither lost nor given twice', () => {
  const turns = new Turns({ atOnce: 5, share: 2, waiting: 20, waitMs: 60_000 });
  const held: string[] = [];
  let entered = 0;
  let refused = 0;
  for (let step = 0; step < 20_000; step++) {
    const account = `account ${(step * 7919) % 13}`;
    if ((step * 104_729) % 17 < 9) {
      const leave = turns.enter(
        account,
        () => {
          entered++;
          held.push(account);
        },
        () => refused++,
      );
      if (step % 11 === 0 && held.at(-1) !== account) leave();
    } else if (held.length > 0) turns.leave(held.splice(step % held.length, 1)[0] as string);
    assert.equal(turns.running, held.length);
    assert.ok(held.length <= 5 && turns.waiting <= 20);
    for (const name of held) assert.ok(held.filter((other) => other === name).length <= 2);
  }
  while (held.length > 0) turns.leave(held.shift() as string);
  assert.deepEqual([turns.running, turns.waiting], [0, 0]);
  assert.ok(entered > 2000 && refused > 100, `${entered} entered, ${refused} refused`);
});
