import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayMoments, type KeySpan, keyDays, keyMoments, keySpans, totalsOf } from './key-series.ts';

const now = Date.parse('2026-11-24T08:07:30Z');
const row = (minute: string, requests: number, refused: number, burst_used: number) => ({
  minute: `2026-11-24T${minute}:00Z`,
  requests,
  refused,
  denied: Math.floor(requests / 5),
  burst_used,
});

test('an hour has a point a minute, up to the minute that runs, and none is missing', () => {
  const moments = keyMoments({ burst: 60, minutes: [row('08:07', 5, 0, 0), row('07:30', 90, 12, 60)] }, '1h', now);
  assert.equal(moments.length, 60);
  assert.equal(moments.at(-1)?.time, Date.parse('2026-11-24T08:07:00Z'));
  assert.deepEqual(moments.at(-1), { time: moments.at(-1)?.time, requests: 5, refused: 0, denied: 1, left: 60 });
  const half = moments.find(({ time }) => time === Date.parse('2026-11-24T07:30:00Z'));
  assert.deepEqual([half?.requests, half?.refused, half?.left], [90, 12, 0]);
  assert.equal(moments.filter(({ requests }) => requests === 0).length, 58);
});

test('longer times put minutes together: requests are summed, and of the burst the least counts', () => {
  const minutes = [row('07:46', 10, 1, 20), row('07:59', 7, 0, 40), row('08:00', 1, 0, 0)];
  const moments = keyMoments({ burst: 60, minutes }, '24h', now);
  const quarter = moments.find(({ time }) => time === Date.parse('2026-11-24T07:45:00Z'));
  assert.deepEqual([quarter?.requests, quarter?.refused, quarter?.left], [17, 1, 20]);
  assert.deepEqual(totalsOf(moments), { requests: 18, refused: 1, denied: 3 });
});

test('what the server counted in a minute that has not begun here is drawn too', () => {
  const moments = keyMoments({ burst: 60, minutes: [row('08:07', 5, 0, 0), row('08:08', 7, 2, 3)] }, '1h', now);
  assert.deepEqual(totalsOf(moments), { requests: 12, refused: 2, denied: 2 });
  assert.equal(moments.at(-1)?.time, Date.parse('2026-11-24T08:08:00Z'));
  assert.equal(moments.length, 60);
});

test('every time ends now, its points lie apart alike, and what is older is left out', () => {
  for (const span of Object.keys(keySpans) as KeySpan[]) {
    const { minutes, every } = keySpans[span];
    const moments = keyMoments({ burst: 60, minutes: [row('00:00', 3, 0, 0)] }, span, now + 30 * 86_400_000);
    assert.equal(moments.length, minutes / every);
    assert.ok(moments.length >= 60 && moments.length <= 100, `${span}: ${moments.length}`);
    for (const [at, { time }] of moments.entries())
      assert.equal(time - (moments[0]?.time ?? 0), at * every * 60_000, span);
    assert.ok(now + 30 * 86_400_000 - (moments.at(-1)?.time ?? 0) < every * 60_000);
    assert.deepEqual(totalsOf(moments), { requests: 0, refused: 0, denied: 0 });
  }
});

test('days are those of the reader’s calendar, thirty with today, and what lies before them is left out', () => {
  const at = new Date(2026, 10, 24, 8, 7).getTime();
  const row = (day: number, hour: number, requests: number) => ({
    hour: new Date(2026, 10, day, hour).toISOString(),
    requests,
    refused: 1,
    denied: 2,
  });
  const hours = [row(-6, 23, 1000), row(-5, 0, 5), row(23, 23, 7), row(24, 0, 11), row(24, 8, 13)];
  const moments = dayMoments({ hours }, at);
  assert.equal(moments.length, keyDays.days);
  assert.equal(moments[0]?.time, new Date(2026, 9, 26).getTime());
  assert.deepEqual(
    [moments[0], moments.at(-2), moments.at(-1)].map((moment) => moment?.requests),
    [5, 7, 24],
  );
  assert.deepEqual(totalsOf(moments), { requests: 36, refused: 4, denied: 8 });
  for (const { time } of moments) assert.equal(new Date(time).getHours(), 0);
});
