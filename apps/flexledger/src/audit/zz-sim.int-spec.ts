import { loadRulePack } from '@flexledger/service-kit';
import { simulateDay } from '../simulate/simulate-day';
test('sim', async () => {
  const day = await simulateDay({
    pods: Number(process.env['PODS'] ?? 12),
    date: '2026-03-17',
    seed: 1,
    grid: 'ieee33',
    dataDir: process.env['OUT']!,
    rules: loadRulePack('platone'),
    progress: { update: () => {}, end: () => {} },
    onProblem: (p) => console.log(p),
  });
  console.log(day);
}, 1e9);
