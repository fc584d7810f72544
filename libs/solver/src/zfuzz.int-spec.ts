import {
  clearMarket,
  columnsFromInstance,
  DEFAULT_CLEARING_PARAMETERS,
  parseClearingInstance,
  randomClearingDocument,
} from '@flexledger/domain';
import { loadHighsSolver } from './highs';
import { referenceModel } from './testing/reference-clearing';
it('fuzz', async () => {
  const solver = await loadHighsSolver();
  const N = Number(process.env['N'] ?? 100),
    S = Number(process.env['S'] ?? 0);
  let bad = 0,
    unproven = 0;
  let tm = 0,
    tr = 0;
  const algs: Record<string, number> = {};
  for (let seed = S; seed < S + N; seed++) {
    const o = {
      seed,
      ...(process.env['B'] === '1'
        ? { mtus: 8, pods: 30, requests: 6, offers: 40 }
        : {
            mtus: 1 + (seed % 4),
            pods: 2 + (seed % 9),
            requests: 1 + (seed % 6),
            offers: 3 + (seed % 17),
          }),
      scopes: seed % 3 === 0 ? ('nested' as const) : ('overlapping' as const),
      hasCaps: seed % 2 === 0,
      hardShare: process.env['H'] === '1' ? 0.7 : 0,
      hasReactive: seed % 5 === 0,
      priceLevels: seed % 7 === 0 ? 3 : 30,
    };
    const instance = parseClearingInstance(randomClearingDocument(o));
    const P = {
      ...DEFAULT_CLEARING_PARAMETERS,
      ...(process.env['W'] === '1'
        ? {
            costWeight: seed % 4 === 0 ? 0 : 1 + (seed % 3),
            reliabilityWeight: [10, 100, 50][seed % 3]!,
          }
        : {}),
    };
    const columns = columnsFromInstance(instance);
    let t = performance.now();
    const r = await clearMarket(columns, P, solver);
    tm += performance.now() - t;
    t = performance.now();
    algs[r.algorithm] = (algs[r.algorithm] ?? 0) + 1;
    const ref = await solver.solve(referenceModel(instance, P));
    tr += performance.now() - t;
    const wtot = r.totals.dsoServedWMtu + r.totals.tsoServedWMtu;
    let rank = 0;
    r.allocation.forEach((m) => m.offer.forEach((of, i) => (rank += of * m.quantityW[i]!)));
    const mine = [
      -r.totals.dsoServedWMtu,
      -r.totals.tsoServedWMtu,
      P.costWeight * Number(r.totals.costWMtuPrice) +
        P.reliabilityWeight * (1000 * wtot - Number(r.totals.reliabilityWMtu)),
      1000 * wtot - Number(r.totals.reliabilityWMtu),
      rank,
    ];
    const theirs = ref.bounds.map((b) => (b === null ? null : Math.round(b)));
    if (r.gap) {
      unproven++;
      console.log(seed, r.gap, mine, theirs);
    }
    for (let k = 0; k < 5; k++) {
      if (theirs[k] === null) {
        console.log(JSON.stringify(ref.bounds), ref.columnValue === null, ref.elapsedSeconds);
        console.log('ref unproven', seed, k);
        break;
      }
      if (Math.abs(theirs[k]! - mine[k]!) >= 1) {
        bad++;
        console.log('DIFF', seed, JSON.stringify(o), r.algorithm, mine, ref.bounds);
        break;
      }
    }
  }
  console.log({ bad, unproven, algs, tm, tr });
}, 600000);
