import { INBOX_ROW_LUA } from './inbox-row.lua';
import { readScript, script } from './script';

/**
 * Lua that calls `visit(field, row)` for every inbox row of one actor; `row` is nil where it is damaged. There is no index by actor
 * over ended rows: it looks at the fields of all rows of the actor's partition. It may meet a row twice.
 */
const EACH_ROW_LUA = String.raw`
local function each_row(base, actor, visit)
  local start, cursor = actor .. NUL, '0'
  local pattern = string.gsub(start, '[%*%?%[%]\\]', '\\%0') .. '*'
  repeat
    local step = call('HSCAN', base .. 'i', cursor, 'MATCH', pattern, 'COUNT', 256)
    cursor = step[1]
    for i = 1, #step[2], 2 do
      local field = step[2][i]
      if sub(field, 1, #start) == start then visit(field, row_at(base, field)) end
    end
  until cursor == '0'
end
`;

/**
 * ARGV: base, actor. Reply: the ids of its done rows and of damaged ones, each at least once. They are sorted elsewhere: which string
 * is less depends on the server's locale in Lua.
 */
export const DONE_IDS = readScript(
  INBOX_ROW_LUA,
  EACH_ROW_LUA,
  String.raw`
local reply = {}
each_row(ARGV[1], ARGV[2], function(field, row)
  if not row or row.state == '2' then reply[#reply + 1] = sub(field, #ARGV[2] + 2) end
end)
return reply
`,
);

/**
 * ARGV: base, actor, its head. Reply: 1; 0 where the head is another by now; or the id of a row that is damaged, and nothing is gone.
 * The caller has looked at the head, whose checksum cannot be computed here.
 */
export const PURGE = script(
  INBOX_ROW_LUA,
  EACH_ROW_LUA,
  String.raw`
local base, actor = ARGV[1], ARGV[2]
if call('HGET', base .. 'h', actor) ~= ARGV[3] then return 0 end
local ended, damaged = {}, nil
each_row(base, actor, function(field, row)
  if not row then damaged = sub(field, #actor + 2)
  elseif row.state == '2' or row.state == '3' then ended[field] = row.position end
end)
if damaged then return damaged end
call('DEL', base .. 'j:' .. actor)
for field, position in pairs(ended) do
  call('ZREM', base .. 'k', actor .. NUL .. position .. sub(field, #actor + 2))
  call('ZREM', base .. 'e', field)
  call('HDEL', base .. 'i', field)
end
return 1
`,
);

/** ARGV: base, actor. Reply: its head or '', how many entries it keeps. */
export const STANDING = readScript(String.raw`
return { redis.call('HGET', ARGV[1] .. 'h', ARGV[2]) or '', redis.call('LLEN', ARGV[1] .. 'j:' .. ARGV[2]) }
`);

/**
 * ARGV: base, actor, head or '' and number of entries as they were found, entries as a msgpack array, new head or '', is the actor
 * listed with it. Reply: 1; 0 where something has changed since. The first thing it writes takes memory: a full server refuses all.
 */
export const RESTORE = script(String.raw`
local call, base, actor = redis.call, ARGV[1], ARGV[2]
local key = base .. 'j:' .. actor
if (call('HGET', base .. 'h', actor) or '') ~= ARGV[3] or call('LLEN', key) ~= tonumber(ARGV[4]) then return 0 end
local entries, turned = cmsgpack.unpack(ARGV[5]), {}
for i = #entries, 1, -1 do turned[#turned + 1] = entries[i] end
if ARGV[6] ~= '' then
  call('HSET', base .. 'h', actor, ARGV[6])
  if ARGV[7] == '1' then call('ZADD', base .. 'a', 0, actor) else call('ZREM', base .. 'a', actor) end
end
for i = 1, #turned, 500 do call('LPUSH', key, unpack(turned, i, math.min(i + 499, #turned))) end
return 1
`);

export const ARCHIVE_SCRIPTS = [DONE_IDS, PURGE, STANDING, RESTORE] as const;
