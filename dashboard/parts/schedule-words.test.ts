import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockOf, keepsOf, localTimeOf, nextRunOf, rhythmOf, slotsOf, whenOf } from './schedule-words.ts';

const now = Date.parse('2026-11-25T19:00:00Z');
const daily = { type: 'daily', time: '8:30pm', day_of_week: null } as const;
const weekly = { type: 'weekly', time: '23:30', day_of_week: 'Saturday' } as const;

test('a schedule is said with the clock of 24 hours and its zone, however its time was written', () => {
  assert.equal(rhythmOf(daily), 'Daily at 20:30 UTC');
  assert.equal(rhythmOf(weekly), 'Saturdays at 23:30 UTC');
  assert.equal(whenOf(daily), 'daily at 20:30 UTC');
  assert.equal(whenOf(weekly), 'on Saturdays at 23:30 UTC');
  assert.deepEqual(['12am', '8am', '12:05pm', '7:45'].map(clockOf), ['00:00', '08:00', '12:05', '07:45']);
  assert.deepEqual(slotsOf({ type: 'daily', runtime: 'Daily at 8:30pm' }), daily);
  assert.equal(slotsOf({ type: 'daily' }), null);
});

test('what is kept is said with how far back it reaches', () => {
  assert.equal(keepsOf('daily', 1), 'The newest, 1 day back');
  assert.equal(keepsOf('daily', 7), '7 newest, 7 days back');
  assert.equal(keepsOf('weekly', 4), '4 newest, 4 weeks back');
});

test('the next time is told on the reader’s clock, unless that shows the same', () => {
  assert.equal(nextRunOf(daily, now), '2026-11-25T20:30:00.000Z');
  assert.equal(localTimeOf(daily, now, 'Europe/Berlin'), '21:30');
  assert.equal(localTimeOf(daily, now, 'UTC'), undefined);
  // The day is another one there.
  assert.equal(localTimeOf(weekly, now, 'Europe/Berlin'), 'Sunday 00:30');
  // Summer, when London's clocks are an hour ahead.
  assert.equal(localTimeOf(daily, now, 'Europe/London'), undefined);
  assert.equal(localTimeOf(daily, Date.parse('2026-07-01T12:00:00Z'), 'Europe/London'), '21:30');
});
