import { Script } from './redis.ts';

/**
 * Time is Redis's, in microseconds: of all nodes' requests there is one order and one clock. The last argument of each script is added to
 * it: what the clock of whoever asks is ahead of the system's, which is nothing but where a test moves it. Numbers of that size are
 * written with all their digits.
 */
const time = `
local function text(n) return string.format('%.0f', n) end
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local ahead = tonumber(table.remove(ARGV))
now = now + ahead
`;

/** A lease is not a matter of the time that a test moves: it says whether a node lives. */
const leaseTime = `${time}
now = now - ahead
`;

/** Streams whose node did not renew their lease are not open any more. */
const lapsed = "redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', text(now))";

/**
 * The rule of docs/limits.md. A patient caller's request is judged at the time at which the last one of it begins, or will begin: so they
 * keep their order, and each is given the next room there is.
 *
 * `rule(ring, spent, perSecond, burst, patience)` answers what remains, or -1, the time at which it begins, and whether it is of the burst.
 */
const rule = `
local second, minute = 1000000, 60000000
local function rule(ring, spent, perSecond, burst, patience)
  local at = now
  local budget = redis.call('HMGET', spent, 'began', 'used', 'last')
  local began, used = tonumber(budget[1] or 0), tonumber(budget[2] or 0)
  -- Beside the newest admission that of whoever left: what was forgotten at that time is not remembered any more.
  local last = math.max(tonumber(redis.call('LINDEX', ring, -1) or 0), tonumber(budget[3] or 0))
  -- Nobody waits for longer than that: the clock was set back.
  if last > now + 6 * second then
    redis.call('DEL', ring, spent)
    began, used, last = 0, 0, 0
  end
  if last > at then at = last end
  if patience > 0 and at - now > patience then return -1, now, 0 end
  for _ = 1, 3 do
    local oldest = redis.call('LINDEX', ring, 0)
    while oldest and tonumber(oldest) <= at - second do
      redis.call('LPOP', ring)
      oldest = redis.call('LINDEX', ring, 0)
    end
    local length = redis.call('LLEN', ring)
    local remaining = -1
    if length < perSecond then
      redis.call('RPUSH', ring, text(at))
      redis.call('PEXPIRE', ring, 8000)
      remaining = perSecond - length - 1
    else
      if at - began >= minute then used = 0 end
      if used < burst then
        if used == 0 then began = at end
        redis.call('HSET', spent, 'began', text(began), 'used', used + 1, 'last', text(at))
        redis.call('PEXPIRE', spent, 66000)
        remaining = 0
      end
    end
    if remaining >= 0 then
      if at > now then
        redis.call('HSET', spent, 'last', text(at))
        redis.call('PEXPIRE', spent, 66000)
      end
      return remaining, at, length < perSecond and 0 or 1
    end
    local room = math.min(tonumber(redis.call('LINDEX', ring, length - perSecond)) + second, began + minute)
    if patience == 0 or room - now > patience then return -1, now, 0 end
    at = room
  end
  return -1, now, 0
end
`;

/**
 * What a node may have in memory of an account: a mark for its authority (keys, roles, projects) and one for its pages. Both change before
 * what they stand for does, and while a transaction that changes it is under way they are new each time they are read: then nothing is
 * kept. \`marks(account)\` answers both.
 */
const marks = `
local function marks(account, epochs, node)
  local epoch = redis.call('GET', epochs)
  if not epoch then
    epoch = node .. ':' .. text(now)
    redis.call('SET', epochs, epoch)
  end
  local values = redis.call('HGETALL', account)
  local authority, pages = '', ''
  local busyAuthority, busyPages = false, false
  for i = 1, #values, 2 do
    local field, value = values[i], values[i + 1]
    if field == 'authority' then authority = value
    elseif field == 'pages' then pages = value
    elseif tonumber(value) < now then redis.call('HDEL', account, field)
    elseif string.sub(field, 1, 1) == 'a' then busyAuthority = true
    else busyPages = true end
  end
  if busyAuthority then authority = 'busy:' .. text(now) end
  if busyPages then pages = 'busy:' .. text(now) end
  return epoch .. authority, epoch .. pages
end
`;

/**
 * Judges one request of a caller, where what the node knows of the account's authority is not out of date. Keys: ring, budget, account,
 * epoch. Arguments: node, the mark that is known ('' where it was just read anew), R, B, patience in microseconds.
 *
 * @returns whether it was judged, both marks, what remains, microseconds to wait, when it begins, whether it is of the burst
 */
export const enterScript = new Script(
  4,
  `${time}${rule}${marks}
local authority, pages = marks(KEYS[3], KEYS[4], ARGV[1])
if ARGV[2] ~= '' and ARGV[2] ~= authority then return {0, authority, pages} end
local patience = tonumber(ARGV[5])
local remaining, at, isBurst = rule(KEYS[1], KEYS[2], tonumber(ARGV[3]), tonumber(ARGV[4]), patience)
return {1, authority, pages, remaining, patience > 0 and text(at - now) or '0', text(at), isBurst}`,
);

/**
 * Gives a place up that has not begun. Whoever has one after it keeps it. Keys: ring, budget. Arguments: when it would have begun, whether
 * it is of the burst.
 */
export const leaveScript = new Script(
  2,
  `table.remove(ARGV)
if ARGV[2] == '0' then return redis.call('LREM', KEYS[1], -1, ARGV[1]) end
if tonumber(redis.call('HGET', KEYS[2], 'used') or 0) > 0 then redis.call('HINCRBY', KEYS[2], 'used', -1) end
return 1`,
);

/** The marks of an account, and nothing else. Keys: account, epoch. Argument: node. */
export const marksScript = new Script(
  2,
  `${time}${marks}
return {marks(KEYS[1], KEYS[2], ARGV[1])}`,
);

/** The rule by itself. Keys: ring, budget. Arguments: R, B. */
export const admitScript = new Script(
  2,
  `${time}${rule}
local remaining = rule(KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), 0)
return remaining`,
);

/** Whether the rule would admit one; decides nothing. Keys: ring, budget. Arguments: R, B. */
export const roomScript = new Script(
  2,
  `${time}
local remembered = 0
for _, at in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if tonumber(at) > now - 1000000 then remembered = remembered + 1 end
end
if remembered < tonumber(ARGV[1]) then return 1 end
local budget = redis.call('HMGET', KEYS[2], 'began', 'used')
if now - tonumber(budget[1] or 0) >= 60000000 or tonumber(budget[2] or 0) < tonumber(ARGV[2]) then return 1 end
return 0`,
);

/** What of the burst budget is used. Key: budget. */
export const usedScript = new Script(
  1,
  `${time}
local budget = redis.call('HMGET', KEYS[1], 'began', 'used')
if now - tonumber(budget[1] or 0) >= 60000000 then return 0 end
return tonumber(budget[2] or 0)`,
);

/**
 * Counts what a node admitted by itself while it was without the others. Keys: ring, budget. Arguments: burst used, age of its window in
 * milliseconds, then the age of each admission of the last second, oldest first.
 */
export const absorbScript = new Script(
  2,
  `${time}
local used, began = tonumber(ARGV[1]), now - tonumber(ARGV[2]) * 1000
if used > 0 then
  local budget = redis.call('HMGET', KEYS[2], 'began', 'used')
  if budget[1] and now - tonumber(budget[1]) < 60000000 then
    used, began = used + tonumber(budget[2]), math.max(began, tonumber(budget[1]))
  end
  redis.call('HSET', KEYS[2], 'began', text(began), 'used', used)
  redis.call('PEXPIRE', KEYS[2], 66000)
end
local last = tonumber(redis.call('LINDEX', KEYS[1], -1) or 0)
for i = 3, #ARGV do
  last = math.max(last, now - tonumber(ARGV[i]) * 1000)
  redis.call('RPUSH', KEYS[1], text(last))
end
redis.call('PEXPIRE', KEYS[1], 8000)
return 1`,
);

/**
 * Says that a transaction is about to change what nodes keep of an account. Key: account. Arguments: the transaction, milliseconds after
 * which it has ended whatever became of it, then 'authority', 'pages' or both.
 */
export const announceScript = new Script(
  1,
  `${time}
for i = 3, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], text(now) .. ARGV[1], string.sub(ARGV[i], 1, 1) .. ARGV[1], text(now + tonumber(ARGV[2]) * 1000))
end
redis.call('PEXPIRE', KEYS[1], 3600000)
return 1`,
);

/** That transaction has ended. Key: account. Arguments: the transaction, the channel, and what to tell there, if anything. */
export const settleScript = new Script(
  1,
  `table.remove(ARGV)
redis.call('HDEL', KEYS[1], 'a' .. ARGV[1], 'p' .. ARGV[1])
for i = 3, #ARGV do redis.call('PUBLISH', ARGV[2], ARGV[i]) end
return 1`,
);

/**
 * Counts an attempt against each of its keys, or against none. Arguments: window in milliseconds, the attempt, then how many each key
 * may have.
 *
 * @returns 0, or the milliseconds until the next is admitted
 */
export const attemptScript = new Script(
  2,
  `${time}
local window = tonumber(ARGV[1]) * 1000
local wait = 0
for i = 1, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', text(now - window))
  local most = tonumber(ARGV[i + 2])
  local count = redis.call('ZCARD', KEYS[i])
  if count >= most then
    local first = redis.call('ZRANGE', KEYS[i], count - most, count - most, 'WITHSCORES')
    wait = math.max(wait, tonumber(first[2]) + window - now)
  end
end
if wait > 0 then return math.ceil(wait / 1000) end
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], text(now), ARGV[2])
  redis.call('PEXPIRE', KEYS[i], ARGV[1])
end
return 0`,
);

/**
 * Takes a place for a stream, on a lease. Keys: the streams of the credential, of the account. Arguments: the stream, its lease in
 * milliseconds, how many the credential and the account may have; -1: any number.
 *
 * @returns '', or which of the two has too many
 */
export const openStreamScript = new Script(
  2,
  `${leaseTime}
for i = 1, 2 do
  ${lapsed}
  local most = tonumber(ARGV[i + 2])
  if most >= 0 and redis.call('ZCARD', KEYS[i]) >= most then return i == 1 and 'credential' or 'account' end
end
for i = 1, 2 do
  redis.call('ZADD', KEYS[i], text(now + tonumber(ARGV[2]) * 1000), ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return ''`,
);

/** Renews the leases of streams that are open. Arguments: the lease in milliseconds, then for each stream its two keys and itself. */
export const holdStreamsScript = new Script(
  0,
  `${leaseTime}
for i = 2, #ARGV, 3 do
  for k = i, i + 1 do
    redis.call('ZADD', ARGV[k], text(now + tonumber(ARGV[1]) * 1000), ARGV[i + 2])
    redis.call('PEXPIRE', ARGV[k], ARGV[1])
  end
end
return 1`,
);

/** How many streams are open. Key: those of an account. */
export const countStreamsScript = new Script(
  1,
  `${leaseTime}
local i = 1
${lapsed}
return redis.call('ZCARD', KEYS[1])`,
);
