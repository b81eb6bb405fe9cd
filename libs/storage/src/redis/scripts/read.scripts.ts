import { readScript, script } from './script';

const PRELUDE = String.raw`
local call, sub, match = redis.call, string.sub, string.match
local NUL = '\0'
`;

/** A script that looks at some partitions gets their bases from ARGV[first] on. */

/** ARGV: base, actor, after, through, bytes. Reply: first seq, is it the last page, entries. Nothing is read that a later page needs. */
export const READ = readScript(
  PRELUDE,
  String.raw`
local base, actor = ARGV[1], ARGV[2]
local head = call('HGET', base .. 'h', actor)
local seq = head and tonumber(match(head, '^%x+ (%d+) ')) or 0
local key = base .. 'j:' .. actor
local count = call('LLEN', key)
local low = seq - count + 1
local from = math.max(tonumber(ARGV[3]) + 1, low)
local to = math.min(tonumber(ARGV[4]), seq)
local reply, bytes, limit, at = { from, 1 }, 0, tonumber(ARGV[5]), from
while at <= to do
  local part = call('LRANGE', key, at - low, math.min(at + 127, to) - low)
  if #part == 0 then break end
  for _, entry in ipairs(part) do
    reply[#reply + 1] = entry
    bytes = bytes + #entry
    at = at + 1
    if bytes >= limit then
      if at <= to then reply[2] = 0 end
      return reply
    end
  end
end
return reply
`,
);

/** ARGV: base, actor, through. Entries are dense up to the head, so the first one's seq follows from their number. */
export const TRUNCATE = script(
  PRELUDE,
  String.raw`
local base, actor = ARGV[1], ARGV[2]
local head = call('HGET', base .. 'h', actor)
local seq = head and tonumber(match(head, '^%x+ (%d+) '))
if not seq then return 0 end
local key = base .. 'j:' .. actor
local count = tonumber(ARGV[3]) - (seq - call('LLEN', key))
if count > 0 then call('LTRIM', key, count, -1) end
return 1
`,
);

/** ARGV: base, actor, 'q' (live) or 'k' (parked), after which member, limit. Reply: member, row, member, row … */
export const LINE = readScript(
  PRELUDE,
  String.raw`
local base, actor = ARGV[1], ARGV[2]
local from = ARGV[4] == '' and '[' .. actor .. NUL or '(' .. ARGV[4]
local members = call('ZRANGEBYLEX', base .. ARGV[3], from, '(' .. actor .. '\1', 'LIMIT', 0, ARGV[5])
local reply = {}
for i, member in ipairs(members) do
  reply[2 * i - 1] = member
  reply[2 * i] = call('HGET', base .. 'i', actor .. NUL .. sub(member, #actor + 16)) or ''
end
return reply
`,
);

/** ARGV: at, limit, bases. Reply: actor, due time … of the earliest, each actor once. */
export const DUE = readScript(
  PRELUDE,
  String.raw`
local at, limit = ARGV[1], tonumber(ARGV[2])
local found = {}
for b = 3, #ARGV do
  local seen, count, offset = {}, 0, 0
  repeat
    local part = call('ZRANGEBYSCORE', ARGV[b] .. 'd', '-inf', at, 'WITHSCORES', 'LIMIT', offset, 512)
    for i = 1, #part, 2 do
      local actor = match(part[i], '^(%Z+)')
      if actor and not seen[actor] and count < limit then
        seen[actor], count = true, count + 1
        found[#found + 1] = { actor, part[i + 1], tonumber(part[i + 1]) }
      end
    end
    offset = offset + 512
  until #part < 1024 or count >= limit
end
table.sort(found, function(a, b) return a[3] < b[3] end)
local reply = {}
for i = 1, math.min(limit, #found) do
  reply[2 * i - 1], reply[2 * i] = found[i][1], found[i][2]
end
return reply
`,
);

/** ARGV: after, bases. Reply: the earliest due time after it, or nothing. */
export const NEXT_DUE = readScript(
  PRELUDE,
  String.raw`
local next
for b = 2, #ARGV do
  local first = call('ZRANGEBYSCORE', ARGV[b] .. 'd', '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  if first and (not next or tonumber(first) < tonumber(next)) then next = first end
end
return next
`,
);

/** ARGV: now, limit, bases. Reply: how many rows are gone. */
export const SWEEP = script(
  PRELUDE,
  String.raw`
local limit, swept = tonumber(ARGV[2]), 0
for b = 3, #ARGV do
  local base = ARGV[b]
  local fields = {}
  if swept < limit then fields = call('ZRANGEBYSCORE', base .. 'e', '-inf', ARGV[1], 'LIMIT', 0, limit - swept) end
  for _, field in ipairs(fields) do
    local state, position = match(call('HGET', base .. 'i', field) or '', '^%x+ (%d) %S+ %S+ %S+ (%d+)\n')
    if state == '3' then
      local actor, id = match(field, '^(%Z+)%z(.*)$')
      call('ZREM', base .. 'k', actor .. NUL .. position .. id)
    end
    call('HDEL', base .. 'i', field)
    call('ZREM', base .. 'e', field)
    swept = swept + 1
  end
end
return swept
`,
);

/** ARGV: lowest bound, highest bound, limit, bases. Reply: per base its first actors. */
export const ACTORS = readScript(
  PRELUDE,
  String.raw`
local reply = {}
for b = 4, #ARGV do
  reply[b - 3] = call('ZRANGEBYLEX', ARGV[b] .. 'a', ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
end
return reply
`,
);

/** ARGV: lowest bound, prefix, limit, bases. Reply: per base its first actors with parked rows; from one it jumps behind its rows. */
export const ACTORS_PARKED = readScript(
  PRELUDE,
  String.raw`
local prefix, limit = ARGV[2], tonumber(ARGV[3])
local reply = {}
for b = 4, #ARGV do
  local found, from = {}, ARGV[1]
  while #found < limit do
    local member = call('ZRANGEBYLEX', ARGV[b] .. 'k', from, '+', 'LIMIT', 0, 1)[1]
    local actor = member and match(member, '^(%Z+)')
    if not actor or sub(actor, 1, #prefix) ~= prefix then break end
    found[#found + 1] = actor
    from = '[' .. actor .. ''
  end
  reply[b - 3] = found
end
return reply
`,
);

/** ARGV: bases. Reply: the places, from 0, of those with messages left in their outbox. */
export const OUTBOXES = readScript(
  PRELUDE,
  String.raw`
local reply = {}
for b = 1, #ARGV do
  if call('EXISTS', ARGV[b] .. 'o') == 1 then reply[#reply + 1] = b - 1 end
end
return reply
`,
);

/** ARGV: base, positions of messages that have reached their receivers. */
export const MOVED = script(
  PRELUDE,
  String.raw`
for p = 2, #ARGV do call('ZREMRANGEBYSCORE', ARGV[1] .. 'o', ARGV[p], ARGV[p]) end
return 1
`,
);
