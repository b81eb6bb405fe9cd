import { script } from './script';

/** The server's clock at this step; a lease is kept as `until holder`. */
const PRELUDE = String.raw`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('GET', KEYS[1])
local ends, holder
if kept then ends, holder = string.match(kept, '^(%d+) (.*)$') end
`;

/** KEYS: lease. ARGV: holder, ms. Reply: who holds it, for how many ms. */
export const CLAIM = script(
  PRELUDE,
  String.raw`
if ends and tonumber(ends) > now and holder ~= ARGV[1] then return { holder, tonumber(ends) - now } end
local ttl = tonumber(ARGV[2])
redis.call('SET', KEYS[1], string.format('%.0f', now + ttl) .. ' ' .. ARGV[1])
return { ARGV[1], ttl }
`,
);

/** KEYS: lease. ARGV: holder. */
export const RELEASE = script(
  PRELUDE,
  String.raw`
if holder == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`,
);
