import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextSlot, periodMs, readSlots, spokenSlots } from './backup-slots.ts';
import { parseTimeOfDay, weekdays } from './vm-rules.ts';

const daily = (time: string) => ({ type: 'daily', time, day_of_week: null }) as const;
const weekly = (day: (typeof weekdays)[number], time: string) => ({ type: 'weekly', time, day_of_week: day }) as const;
const after = (slots: Parameters<typeof nextSlot>[0], moment: string) =>
  nextSlot(slots, Date.parse(moment)).toISOString();

test('a time of day is read in each of its spellings, and nothing else is one', () => {
  const read = [
    '12am',
    '1am',
    '8AM',
    '11:59am',
    '12pm',
    '12:30pm',
    '8:30pm',
    '11:59pm',
    '0:00',
    '08:00',
    '8:05',
    '23:59',
  ];
  assert.deepEqual(read.map(parseTimeOfDay), [0, 60, 480, 719, 720, 750, 1230, 1439, 0, 480, 485, 1439]);
  const none = [
    '',
    '8',
    '0am',
    '13pm',
    '00:00am',
    '24:00',
    '8:60',
    '8:5',
    '8:5pm',
    '08am',
    ' 8am',
    '8am ',
    '8 am',
    '8am\n',
    '-1:00',
    '١٢:٠٠',
  ];
  assert.deepEqual(
    none.filter((text) => parseTimeOfDay(text) !== null),
    [],
  );
});

test('the next time of a daily schedule is today as long as it is to come, and tomorrow from its moment on', () => {
  assert.equal(after(daily('8am'), '2026-02-28T07:59:59.999Z'), '2026-02-28T08:00:00.000Z');
  assert.equal(after(daily('8am'), '2026-02-28T08:00:00.000Z'), '2026-03-01T08:00:00.000Z');
  assert.equal(after(daily('12am'), '2026-12-31T00:00:00.001Z'), '2027-01-01T00:00:00.000Z');
  // Clocks of people jump in this night, UTC does not.
  assert.equal(after(daily('02:30'), '2026-03-29T02:30:00Z'), '2026-03-30T02:30:00.000Z');
});

test('the next time of a weekly schedule is on its day, in UTC', () => {
  // A Wednesday.
  assert.equal(after(weekly('Wednesday', '8pm'), '2026-11-25T19:00:00Z'), '2026-11-25T20:00:00.000Z');
  assert.equal(after(weekly('Wednesday', '8pm'), '2026-11-25T20:00:00Z'), '2026-12-02T20:00:00.000Z');
  assert.equal(after(weekly('Monday', '0:00'), '2026-11-29T23:59:59Z'), '2026-11-30T00:00:00.000Z');
});

test('from whatever moment: the next time is the only one within a period, on its day and minute', () => {
  let tried = 0;
  for (let hours = 0; hours < 24 * 800; hours += 5) {
    const now = Date.UTC(2023, 11, 20) + hours * 3_600_000 + (hours % 60) * 60_000;
    for (const slots of [daily('13:05'), ...weekdays.map((day) => weekly(day, '1:05pm'))]) {
      const next = nextSlot(slots, now);
      const away = next.getTime() - now;
      assert.ok(away > 0 && away <= periodMs[slots.type], `${slots.type} from ${new Date(now).toISOString()}: ${away}`);
      assert.deepEqual(
        [next.getUTCHours(), next.getUTCMinutes(), next.getUTCSeconds(), next.getUTCMilliseconds()],
        [13, 5, 0, 0],
      );
      if (slots.type === 'weekly') assert.equal(weekdays[(next.getUTCDay() + 6) % 7], slots.day_of_week);
      tried++;
    }
  }
  assert.equal(tried, 3840 * 8);
});

test('a schedule is spoken as it was written', () => {
  assert.equal(spokenSlots(daily('08:00')), 'Daily at 08:00');
  assert.equal(spokenSlots(weekly('Saturday', '8am')), 'Saturday 8am');
});

test('what is spoken of a schedule is read back, and nothing else is', () => {
  const times = ['8am', '8:30pm', '08:00', '23:59'];
  const all = [...times.map(daily), ...times.flatMap((time) => weekdays.map((day) => weekly(day, time)))];
  assert.equal(all.length, 4 * 8);
  for (const slots of all) assert.deepEqual(readSlots(slots.type, spokenSlots(slots)), slots);
  for (const text of ['', 'Daily', 'Daily at', 'Daily at 25:00', 'Daily at 8am UTC', 'Saturday 8am', 'at 8am']) {
    assert.equal(readSlots('daily', text), null, text);
  }
  for (const text of ['', 'Saturday', 'Someday 8am', 'saturday 8am', 'Daily at 8am', 'Saturday 8']) {
    assert.equal(readSlots('weekly', text), null, text);
  }
});
