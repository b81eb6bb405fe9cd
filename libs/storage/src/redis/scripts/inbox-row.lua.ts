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

local function put(base, field, state, attempts, due, expires, position, body)
  local meta = state .. ' ' .. attempts .. ' ' .. due .. ' ' .. expires .. ' ' .. position
  call('HSET', base .. 'i', field, sum_of(field, meta) .. ' ' .. meta .. '\n' .. body)
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

-- Returns the row as row_at would, but for its value.
local function insert(base, actor, id, state, attempts, due, blob)
  local field, position = actor .. NUL .. id, next_position(base)
  put(base, field, state, attempts, due, '-', position, blob)
  call('ZADD', base .. 'q', 0, actor .. NUL .. position .. id)
  call('ZADD', base .. 'd', due, field)
  return { state = state, attempts = attempts, due = due, expires = '-', position = position, body = blob }
end
`;
