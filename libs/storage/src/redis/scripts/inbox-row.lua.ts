/**
 * Lua shared by the scripts that write inbox rows: how a row is put together, checked, inserted and changed.
 *
 * A row is one field (`actor NUL id`) of the inbox hash: `sum state attempts due expires position`, a line feed, blobs that only
 * the client reads. The sum covers the field and the line; blobs carry their own.
 */
export const INBOX_ROW_LUA = String.raw`
local call, sub, find, match, format = redis.call, string.sub, string.find, string.match, string.format
local NUL = '\0'

local function sum_of(field, meta)
  return sub(redis.sha1hex(field .. meta), 1, 8)
end

local function put(base, field, row)
  local meta = row.state .. ' ' .. row.attempts .. ' ' .. row.due .. ' ' .. row.expires .. ' ' .. row.position
  call('HSET', base .. 'i', field, sum_of(field, meta) .. ' ' .. meta .. '\n' .. row.body)
end

-- false: there is none. nil: it is damaged.
local function row_at(base, field)
  local value = call('HGET', base .. 'i', field)
  if not value then return false end
  local line = find(value, '\n', 1, true)
  if not line then return nil end
  local meta = sub(value, 10, line - 1)
  if sub(value, 1, 8) ~= sum_of(field, meta) then return nil end
  local state, attempts, due, expires, position = match(meta, '^(%d) (%S+) (%S+) (%S+) (%d+)$')
  if not state then return nil end
  return { state = state, attempts = attempts, due = due, expires = expires, position = position,
           body = sub(value, line + 1), value = value }
end

local function next_position(base)
  return format('%014d', call('INCR', base .. 'n'))
end

-- row: base, actor, id, attempts, due, blob
local function insert(row, state)
  local base, field = row[1], row[2] .. NUL .. row[3]
  local position = next_position(base)
  put(base, field, { state = state, attempts = row[4], due = row[5], expires = '-', position = position, body = row[6] })
  call('ZADD', base .. 'q', 0, row[2] .. NUL .. position .. row[3])
  call('ZADD', base .. 'd', row[5], field)
end
`;
