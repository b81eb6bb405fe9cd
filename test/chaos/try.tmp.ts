import { CRASH_POINTS } from '/tmp/wt/matrix/test/chaos/crash-points';
import { runMatrix, tabulate } from '/tmp/wt/matrix/test/chaos/crash-matrix';
const names = process.argv.slice(2);
const points = CRASH_POINTS.filter(({name}) => names.length===0||names.includes(name));
const t=Date.now();
void runMatrix({points, runs:1, seed: Number(process.env.SEED??1), lanes:2, onStore:(r,d,a)=>{console.log(d,a,Date.now()-t,r.requests,r.lives.map(l=>`${l.point}@${l.at}:${l.hits}:${l.signal}:${l.ok}/${l.info}`).join(' ')); for(const p of r.problems) console.log('   ',p.slice(0,400));}}).then(r=>{ console.table(tabulate(points,r).filter(x=>x.hits!==x.runs)); });
