import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressLimiter } from './address-limiter.ts';
import { GuessLimiter } from './guess-limiter.ts';

function limiterOf(kept?: number) {
  const time = { now: 1_000_000 };
  const limiter = new AddressLimiter(() => time.now, 'high', kept);
  const admitted = (address: string, requests: number) => {
    let count = 0;
    for (let i = 0; i < requests; i++) {
      const room = limiter.hasRoom(address);
      const isAdmitted = limiter.admit(address);
      assert.equal(room, isAdmitted, `request ${i} of ${address}`);
      if (isAdmitted) count++;
    }
    return count;
  };
  return { time, limiter, admitted };
}

const address = (number: number) => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;

test('an address has its second and its burst, whoever else asks; the /64 of an IPv6 address is one', () => {
  const { admitted } = limiterOf();
  assert.equal(admitted('192.0.2.1', 400), 300);
  assert.equal(admitted('192.0.2.2', 400), 300);
  assert.equal(admitted('::ffff:192.0.2.1', 1), 0);
  assert.equal(admitted('2001:db8::1', 200), 200);
  assert.equal(admitted('2001:db8:0:0:ffff::9', 200), 100);
  assert.equal(admitted('2001:db8:0:1::1', 400), 300);
});

test('to ask whether there is room takes none', () => {
  const { limiter, admitted } = limiterOf();
  for (let i = 0; i < 1000; i++) assert.ok(limiter.hasRoom('192.0.2.1'));
  assert.equal(admitted('192.0.2.1', 400), 300);
});

test('room comes back after a second, the burst after a minute', () => {
  const { time, admitted } = limiterOf();
  admitted('192.0.2.1', 400);
  time.now += 999;
  assert.equal(admitted('192.0.2.1', 400), 0);
  time.now += 1;
  assert.equal(admitted('192.0.2.1', 400), 100);
  time.now += 59_000;
  assert.equal(admitted('192.0.2.1', 400), 300);
});

test('a jump of time by a month gives room once, and a step back gives none', () => {
  const { time, admitted } = limiterOf();
  admitted('192.0.2.1', 400);
  time.now += 30 * 86_400_000;
  assert.equal(admitted('192.0.2.1', 1000), 300);
  time.now -= 5000;
  assert.equal(admitted('192.0.2.1', 1000), 0);
  time.now += 5000;
  assert.equal(admitted('192.0.2.1', 1000), 0);
  time.now += 60_000;
  assert.equal(admitted('192.0.2.1', 1000), 300);
});

test('where many addresses ask, the one known the longest is forgotten first, and no other', () => {
  const kept = 100;
  const { admitted } = limiterOf(kept);
  for (let number = 0; number < kept; number++) assert.equal(admitted(address(number), 400), 300);
  assert.equal(admitted(address(kept), 400), 300);
  for (let number = 1; number <= kept; number++) {
    assert.equal(admitted(address(number), 1), 0, `${address(number)} was forgotten`);
  }
  assert.equal(admitted(address(0), 1), 1);
});

test('of addresses without end only so many are kept, and those that are idle go before one that asks', () => {
  const { time, limiter, admitted } = limiterOf(100);
  for (let number = 0; number < 100; number++) limiter.admit(address(number));
  time.now += 59_000;
  assert.equal(admitted(address(0), 400), 300);
  time.now += 2000;
  for (let number = 100; number < 199; number++) limiter.admit(address(number));
  assert.equal(admitted(address(0), 400), 100, 'its burst of this minute was forgotten');
});

test('guessing keys is refused for its address alone, and finding keys costs nothing', () => {
  const time = { now: 0 };
  const limiter = new GuessLimiter(() => time.now);
  let looked = 0;
  for (let i = 0; i < 1000; i++) {
    if (!limiter.admit('192.0.2.1')) continue;
    looked++;
    limiter.failed('192.0.2.1');
  }
  assert.equal(looked, 90);
  assert.ok(limiter.admit('192.0.2.2'));
  for (let i = 0; i < 1000; i++) {
    assert.ok(limiter.admit('2001:db8::1'));
    limiter.found('2001:db8:0:0:ffff::9');
  }
  time.now += 1001;
  assert.ok(limiter.admit('192.0.2.1'));
});
