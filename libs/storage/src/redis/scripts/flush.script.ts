import { INBOX_ROW_LUA } from './inbox-row.lua';
import { script } from './script';

/** Replies of the flush script, one per write. */
export const Reply = { Done: 1, Duplicate: 2, Conflict: 3, Unknown: 4, Twice: 5, Corrupt: 6, Sent: 7 } as const;

/**
 * ARGV[1]: writes, one behind the other, as `pack-write` puts them: a number of 32 bits is `n`, text or bytes behind their length
 * in 32 bits are `s`, one byte is `b`. They lie flat, as a script takes that apart faster than lists within lists.
 *
 *   accept  b(0), row
 *   append  b(1), s base, s actor, s 'seq epoch', s writer, b continues, s head, b listed, n entries, n changes, n sends, n posts,
 *           then those: s entry …, change …, row …, s post …
 *   plain   b(2), s base, s actor, s 'seq epoch', s writer, b continues, s head, s id, s expires, s inbox row, n entries, s entry …
 *           An append that ends one message of which nothing was written before, and sends none: what most turns come to.
 *   row     s base, s actor, s id, s attempts, s due, s blob
 *   change  b op, b brings, s id, s attempts or expires, s due, s blob
 *           op: 'o' opened, 'a' attempted, 'r' revived, '2' done, '3' parked, 'w' done unless ended or forgotten; brings: it finds no row, and makes one
 *   post    a blob for the outbox: a send to a receiver whose slot is another
 *
 * Each write is looked at whole before any of it is written: what a script has written stays, whatever happens after.
 * The first thing an append or an accept writes is a command that takes memory, so that a full server refuses all or nothing.
 */
export const FLUSH = script(
  INBOX_ROW_LUA,
  String.raw`
local spread, byte = struct.unpack, string.byte
local ROW = '>I4c0I4c0I4c0I4c0I4c0I4c0'
local APPEND = '>I4c0I4c0I4c0I4c0BI4c0BI4I4I4I4'
local PLAIN = '>I4c0I4c0I4c0I4c0BI4c0I4c0I4c0I4c0I4'
local CHANGE = '>c1BI4c0I4c0I4c0I4c0'
local blobs = {}
local packed, at = ARGV[1], 1

-- So many tables of one format, the last value of which tells where the next one begins.
local function take(count, form)
  local taken = {}
  for i = 1, count do
    local one = { spread(form, packed, at) }
    at = one[#one]
    taken[i] = one
  end
  return taken
end

-- So many blobs, in lists of which each fits one command.
local function take_blobs(count)
  local lists = {}
  while count > 0 do
    local n = math.min(count, 250)
    blobs[n] = blobs[n] or '>' .. string.rep('I4c0', n)
    local list = { spread(blobs[n], packed, at) }
    at = list[n + 1]
    list[n + 1] = nil
    lists[#lists + 1] = list
    count = count - n
  end
  return lists
end

local function accept()
  local row = take(1, ROW)[1]
  local known = call('HGET', row[1] .. 'i', row[2] .. NUL .. row[3])
  if known then return { 2, row[3], known } end
  insert(row[1], row[2], row[3], '0', row[4], row[5], row[6])
  return 1
end

-- Plays the changes on states alone. rows: what is stored, by id, filled on the way.
local function refusal_of(base, actor, changes, rows)
  local played = {}
  for i = 1, #changes do
    local change = changes[i]
    local op, brings, id = change[1], change[2] == 1, change[3]
    local row = rows[id]
    if row == nil then
      row = row_at(base, actor .. NUL .. id)
      if row == nil then return { 6, id } end
      rows[id] = row
    end
    local state = played[id] or (row and row.state)
    local spared = op == 'w' and state ~= '0' and state ~= '1'
    if spared then
      -- stays as it is
    elseif not state then
      if not brings then return { 4, id } end
    elseif op == 'r' and state == '3' then
      -- the one way back
    elseif op == 'r' or brings or state == '2' or state == '3' then
      if row then return { 2, id, row.value } end
      return { 5, id }
    end
    if spared then played[id] = state
    elseif op == 'o' then played[id] = '1'
    elseif op == 'r' then played[id] = '0'
    elseif op == 'w' then played[id] = '2'
    elseif op ~= 'a' then played[id] = op
    else played[id] = state end
  end
end

-- What comes after it in the same append finds the row as it is by then.
local function finish(base, actor, change, rows)
  local row = rows[change[3]]
  local state, id, expires, body, position = change[1], change[3], change[4], change[6], '0'
  if state == 'w' then
    if not row or row.state == '2' or row.state == '3' then return end
    state = '2'
  end
  local field = actor .. NUL .. id
  if row then
    call('ZREM', base .. 'q', actor .. NUL .. row.position .. id)
    call('ZREM', base .. 'd', field)
    position = row.position
    if state == '3' then body = body .. row.body end
  elseif state == '3' then
    position = next_position(base)
  end
  row = row or { attempts = '0', position = position }
  row.state, row.due, row.expires, row.body = state, '-', expires, body
  rows[id] = row
  put(base, field, state, row.attempts, '-', expires, position, body)
  if state == '3' then call('ZADD', base .. 'k', 0, actor .. NUL .. position .. id) end
  if expires ~= '-' then call('ZADD', base .. 'e', expires, field) end
end

-- It keeps its position, and with it its place in the line. What comes after it in the same append finds the row as it is by then.
local function revive(base, actor, change, row)
  local id, field = change[3], actor .. NUL .. change[3]
  local member = actor .. NUL .. row.position .. id
  call('ZREM', base .. 'k', member)
  call('ZREM', base .. 'e', field)
  call('ZADD', base .. 'q', 0, member)
  call('ZADD', base .. 'd', change[5], field)
  row.state, row.attempts, row.due, row.expires, row.body = '0', change[4], change[5], '-', change[6]
  put(base, field, row.state, row.attempts, row.due, row.expires, row.position, row.body)
end

-- What comes after it in the same append finds the row as it is by then.
local function apply(base, actor, change, rows)
  local op, id = change[1], change[3]
  if op == '2' or op == '3' or op == 'w' then return finish(base, actor, change, rows) end
  if op == 'r' then return revive(base, actor, change, rows[id]) end
  if change[2] == 1 then
    rows[id] = insert(base, actor, id, '1', change[4], change[5], change[6])
    return
  end
  local row, field = rows[id], actor .. NUL .. id
  if op == 'o' then row.state = '1' else row.attempts, row.due = change[4], change[5] end
  put(base, field, row.state, row.attempts, row.due, row.expires, row.position, row.body)
  if op == 'a' then call('ZADD', base .. 'd', row.due, field) end
end

-- The reply where the head is another than expected; else nothing, and whether the actor is listed.
local function compare_head(base, actor, expected, writer, continues)
  local known = call('HGET', base .. 'h', actor)
  local place, status, holder = '0 0', '0', ''
  if known then place, status, holder = match(known, '^%x+ (%d+ %d+) (%d) %S+ (.*)$') end
  if place ~= expected or (continues == 1 and holder ~= writer) then return { 3, known or '' } end
  return nil, status ~= '0'
end

local function push(key, lists)
  for i = 1, #lists do call('RPUSH', key, unpack(lists[i])) end
end

-- The row is the first thing it writes: where one is known, nothing has been written.
local function append_plain()
  local base, actor, expected, writer, continues, head, id, expires, row, entries
  base, actor, expected, writer, continues, head, id, expires, row, entries, at = spread(PLAIN, packed, at)
  entries = take_blobs(entries)
  local refusal, wasListed = compare_head(base, actor, expected, writer, continues)
  if refusal then return refusal end
  local field = actor .. NUL .. id
  if call('HSETNX', base .. 'i', field, row) == 0 then
    local known = row_at(base, field)
    return known and { 2, id, known.value } or { 6, id }
  end
  call('HSET', base .. 'h', actor, head)
  if not wasListed then call('ZADD', base .. 'a', 0, actor) end
  push(base .. 'j:' .. actor, entries)
  if expires ~= '-' then call('ZADD', base .. 'e', expires, field) end
  return 1
end

local function append()
  local base, actor, expected, writer, continues, head, listed, entries, changes, sends, posts
  base, actor, expected, writer, continues, head, listed, entries, changes, sends, posts, at = spread(APPEND, packed, at)
  entries, changes, sends, posts = take_blobs(entries), take(changes, CHANGE), take(sends, ROW), take_blobs(posts)
  local refusal, wasListed = compare_head(base, actor, expected, writer, continues)
  if refusal then return refusal end
  local rows = {}
  refusal = refusal_of(base, actor, changes, rows)
  if refusal then return refusal end

  call('HSET', base .. 'h', actor, head)
  if listed == 1 and not wasListed then call('ZADD', base .. 'a', 0, actor)
  elseif listed == 0 and wasListed then call('ZREM', base .. 'a', actor) end
  push(base .. 'j:' .. actor, entries)
  for i = 1, #changes do apply(base, actor, changes[i], rows) end
  for _, row in ipairs(sends) do
    if call('HEXISTS', row[1] .. 'i', row[2] .. NUL .. row[3]) == 0 then
      insert(row[1], row[2], row[3], '0', row[4], row[5], row[6])
    end
  end
  if #posts == 0 then return 1 end

  local wasEmpty = call('EXISTS', base .. 'o') == 0
  local reply = { 7, wasEmpty and 1 or 0 }
  for _, list in ipairs(posts) do
    for _, blob in ipairs(list) do
      local position = next_position(base)
      call('ZADD', base .. 'o', position, position .. blob)
      reply[#reply + 1] = position
    end
  end
  return reply
end

local replies = {}
while at <= #packed do
  local kind = byte(packed, at)
  at = at + 1
  replies[#replies + 1] = kind == 2 and append_plain() or kind == 1 and append() or accept()
end
return replies
`,
);
