import { script } from './script';

/** ARGV: base, actor, seq, value, how many to keep. */
export const SAVE_CHECKPOINT = script(String.raw`
local key = ARGV[1] .. 'c:' .. ARGV[2]
redis.call('HSET', key, ARGV[3], ARGV[4])
local seqs = redis.call('HKEYS', key)
table.sort(seqs, function(a, b) return tonumber(a) > tonumber(b) end)
for i = tonumber(ARGV[5]) + 1, #seqs do redis.call('HDEL', key, seqs[i]) end
return 1
`);

/** ARGV: base, actor, through which seq. Reply: seq, value; or nothing. */
export const LATEST_CHECKPOINT = script(String.raw`
local key, through, newest = ARGV[1] .. 'c:' .. ARGV[2], tonumber(ARGV[3]), nil
for _, seq in ipairs(redis.call('HKEYS', key)) do
  local n = tonumber(seq)
  if n <= through and (not newest or n > tonumber(newest)) then newest = seq end
end
if not newest then return {} end
return { newest, redis.call('HGET', key, newest) }
`);
