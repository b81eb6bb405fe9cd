import { script } from './script';

/**
 * KEYS: a key of nobody's. Runs every command of the other scripts once: a right that is missing would stop one of them in its
 * middle, and what a script has written stays.
 */
export const PROBE = script(String.raw`
local call, key = redis.call, KEYS[1]
local function fresh() call('DEL', key) end
call('TIME')
fresh() call('SET', key, '1') call('SETNX', key, '1') call('GET', key) call('INCR', key) call('EXISTS', key)
fresh() call('HSET', key, 'f', 'v') call('HSETNX', key, 'f', 'v') call('HGET', key, 'f') call('HEXISTS', key, 'f') call('HKEYS', key)
call('HSCAN', key, '0') call('HDEL', key, 'f')
fresh() call('RPUSH', key, 'v') call('LPUSH', key, 'v') call('LLEN', key) call('LRANGE', key, 0, 0) call('LTRIM', key, 1, -1)
fresh() call('SADD', key, '1') call('SMEMBERS', key)
fresh() call('ZADD', key, 0, 'm') call('ZRANGE', key, 0, 0) call('ZRANGEBYLEX', key, '-', '+') call('ZRANGEBYSCORE', key, 0, 1)
call('ZCOUNT', key, 0, 1) call('ZREM', key, 'm') call('ZREMRANGEBYSCORE', key, 0, 1)
fresh()
return 1
`);
