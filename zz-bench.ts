import { RedisStorage } from '#storage/redis';
import { PrivateRedis, PrivateCluster } from '/tmp/wt/redis/test/support/servers/private-redis';
async function main() {
  const cluster = process.argv[2] === 'cluster';
  const server = cluster ? await PrivateCluster.start() : await PrivateRedis.start();
  const store = await RedisStorage.open(cluster ? { url: (server as PrivateCluster).urls } : (server as PrivateRedis).url);
  const { journal } = store;
  const cpu = async () => { let sum = 0; for (const one of cluster ? (server as PrivateCluster).servers : [server as PrivateRedis]) { const m = String(await one.command('INFO','cpu')); sum += Number(/used_cpu_user_main_thread:([\d.]+)/.exec(m)![1]) + Number(/used_cpu_sys_main_thread:([\d.]+)/.exec(m)![1]); } return sum; };
  const N = 100, heads = Array.from({ length: N }, () => ({ seq: 0, epoch: 0 }));
  let id = 0;
  const entry = new Uint8Array(150).fill(7), answer = new Uint8Array(30).fill(3);
  for (const inflight of [1, 50, 200]) for (let round = 0; round < 2; round++) {
    const c0=process.cpuUsage(); const r0=await cpu(); const t = performance.now(); let ops = 0; let k = 0;
    while (performance.now() - t < 2500) {
      const picks = Array.from({ length: Math.min(inflight, N) }, () => k++ % N);
      const writes = picks.map((i) => { const h = heads[i]!; return { kind: 'append' as const, actor: `t/n/counter/${i}`, expected: h, epoch: 1, writer: 'w', schema: 1, status: 'live' as const, entries: [{ seq: h.seq + 1, bytes: entry }], inbox: [{ op: 'done' as const, id: `01ABCDEFGH${++id}`, argsHash: 'abcdefgh', answer, expiresAt: 9e12 + id, fresh: true }], sends: [] }; });
      const out = await journal.flush(writes);
      out.forEach((o, i) => { if (o.kind !== 'committed') throw new Error(JSON.stringify(o)); heads[picks[i]!] = o.head; });
      ops += writes.length;
    }
    console.log(process.argv[2] ?? 'single', 'in flight', inflight, Math.round(ops / ((performance.now() - t) / 1000)), 'appends/s; CPU per append, µs: node', ((process.cpuUsage(c0).user+process.cpuUsage(c0).system)/ops).toFixed(1), 'redis', ((await cpu()-r0)*1e6/ops).toFixed(1));
  }
  const big = 't/n/long/1'; let h = { seq: 0, epoch: 0 };
  while (h.seq < 100000) { const o = (await journal.flush([{ kind: 'append', actor: big, expected: h, epoch: 1, writer: 'w', schema: 1, status: 'live', entries: Array.from({ length: 1000 }, (_, i) => ({ seq: h.seq + 1 + i, bytes: entry })), inbox: [], sends: [] }]))[0]!; h = (o as any).head; }
  for (const n of [10000, 10000, 100000]) { const t = performance.now(); let c = 0; for await (const p of journal.read(big, 0, n)) c += p.length; console.log('read', c, 'ms', (performance.now() - t).toFixed(1)); }
  await store.close(); await server.destroy();
}
void main();
