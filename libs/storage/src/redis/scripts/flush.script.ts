import { INBOX_ROW_LUA } from './inbox-row.lua';
import { script } from './script';

/** Replies of the flush script, one per write. */
export const Reply = { Done: 1, Duplicate: 2, Conflict: 3, Unknown: 4, Twice: 5, Corrupt: 6, Sent: 7 } as const;

/**
 * ARGV[1]: a msgpack array of writes.
 *   accept  {0, row}
 *   append  {1, base, actor, seq, epoch, writer, continues, head, listed, entries, changes, sends, posts}
 *   row     {base, actor, id, attempts, due, blob}
 *   change  {'o', id, row | false} · {'a', id, attempts, due} · {'2' | '3', id, blob, expires, fresh}
 *   posts   blobs for the outbox: sends to receivers whose slot is another
 *
 * Each write is looked at whole before any of it is written: what a script has written stays, whatever happens after.
 * The first thing an append or an accept writes is a command that takes memory, so that a full server refuses all or nothing.
 */
export const FLUSH = script(
  INBOX_ROW_LUA,
  String.raw`
local function accept(row)
  local known = call('HGET', row[1] .. 'i', row[2] .. NUL .. row[3])
  if known then return { 2, row[3], known } end
  insert(row, '0')
  return 1
end

local function brings(change)
  if change[1] == 'o' then return change[3] end
  return change[1] ~= 'a' and change[5]
end

-- Plays the changes on states alone. rows: what is stored, by field, filled on the way.
local function refusal_of(base, actor, changes, rows)
  local played = {}
  for _, change in ipairs(changes) do
    local field = actor .. NUL .. change[2]
    if rows[field] == nil then
      rows[field] = row_at(base, field)
      if rows[field] == nil then return { 6, change[2] } end
    end
    local row = rows[field]
    local state = played[field] or (row and row.state)
    if not state then
      if not brings(change) then return { 4, change[2] } end
    elseif brings(change) or state == '2' or state == '3' then
      if row then return { 2, change[2], row.value } end
      return { 5, change[2] }
    end
    if change[1] == 'o' then played[field] = '1'
    elseif change[1] ~= 'a' then played[field] = change[1]
    else played[field] = state end
  end
end

local function finish(base, actor, change, rows)
  local field = actor .. NUL .. change[2]
  local row = rows[field]
  local state, body, position = change[1], change[3], '0'
  if row then
    call('ZREM', base .. 'q', actor .. NUL .. row.position .. change[2])
    call('ZREM', base .. 'd', field)
    position = row.position
    if state == '3' then body = body .. row.body end
  elseif state == '3' then
    position = next_position(base)
  end
  rows[field] = { state = state, attempts = row and row.attempts or '0', due = '-', expires = change[4],
                  position = position, body = body }
  put(base, field, rows[field])
  if state == '3' then call('ZADD', base .. 'k', 0, actor .. NUL .. position .. change[2]) end
  if change[4] ~= '-' then call('ZADD', base .. 'e', change[4], field) end
end

local function apply(base, actor, change, rows)
  local field = actor .. NUL .. change[2]
  if change[1] == 'o' and change[3] then
    insert(change[3], '1')
    rows[field] = row_at(base, field)
  elseif change[1] == 'o' then
    rows[field].state = '1'
    put(base, field, rows[field])
  elseif change[1] == 'a' then
    local row = rows[field]
    row.attempts, row.due = change[3], change[4]
    put(base, field, row)
    call('ZADD', base .. 'd', row.due, field)
  else
    finish(base, actor, change, rows)
  end
end

local function push(key, values)
  for i = 1, #values, 500 do
    call('RPUSH', key, unpack(values, i, math.min(i + 499, #values)))
  end
end

local function append(write)
  local base, actor = write[2], write[3]
  local known = call('HGET', base .. 'h', actor)
  local seq, epoch, status, writer = '0', '0', '0', ''
  if known then
    seq, epoch, status, writer = match(known, '^%x+ (%d+) (%d+) (%d) %S+ (.*)$')
    if not seq then return { 3, known } end
  end
  if seq ~= write[4] or epoch ~= write[5] or (write[7] and writer ~= write[6]) then return { 3, known or '' } end
  local rows = {}
  local refusal = refusal_of(base, actor, write[11], rows)
  if refusal then return refusal end

  call('HSET', base .. 'h', actor, write[8])
  if write[9] and status == '0' then call('ZADD', base .. 'a', 0, actor)
  elseif not write[9] and status ~= '0' then call('ZREM', base .. 'a', actor) end
  push(base .. 'j:' .. actor, write[10])
  for _, change in ipairs(write[11]) do apply(base, actor, change, rows) end
  for _, row in ipairs(write[12]) do
    if call('HEXISTS', row[1] .. 'i', row[2] .. NUL .. row[3]) == 0 then insert(row, '0') end
  end
  if #write[13] == 0 then return 1 end

  local wasEmpty = call('EXISTS', base .. 'o') == 0
  local reply = { 7, wasEmpty and 1 or 0 }
  for _, blob in ipairs(write[13]) do
    local position = next_position(base)
    call('ZADD', base .. 'o', position, position .. blob)
    reply[#reply + 1] = position
  end
  return reply
end

local replies = {}
for i, write in ipairs(cmsgpack.unpack(ARGV[1])) do
  replies[i] = write[1] == 0 and accept(write[2]) or append(write)
end
return replies
`,
);
