/** An aggregator's customers as the register tells them, with what they can move in each MTU of the day. */
import type { RegisteredPod } from '@flexledger/ports';
import { portfolioOf } from './portfolio-of-register';

const POD = 'IT002E60000001';
const clock = Array.from({ length: 96 }, (_, quarter) => quarter);
const customer: RegisteredPod = {
  podId: POD,
  status: 'registered',
  aggregatorId: 'AGG1',
  gridId: 'rome',
  busId: 'n1',
  pom: 'PS-1',
  details: null,
  flexibility: { upW: clock, downW: 500, upVar: 0, downVar: clock },
  unavailableDays: [],
  automaticOffers: true,
  agreement: null,
  services: {},
};
const portfolio = portfolioOf(
  {
    podsOf: async () => [customer],
    baselines: async () => [
      { podId: POD, declared: [{ declaredAt: '2026-03-16T10:00:00.000Z', baselineW: [1] }] },
    ],
  },
  'AGG1',
  { knowledgeOf: async () => new Map([[POD, { costMicroEurPerKwh: 1, feedInW: 0 }]]) },
  'Europe/Rome',
);

it.each([
  ['2026-03-17', clock],
  ['2026-03-29', [...clock.slice(0, 8), ...clock.slice(12)]],
  ['2026-10-25', [...clock.slice(0, 12), ...clock.slice(8)]],
])('on %s a curve goes by the local clock', async (day, byMtu) => {
  const { pods } = await portfolio.on(day);
  expect(pods.map(({ flexibility }) => flexibility)).toEqual([
    { upW: byMtu, downW: 500, upVar: 0, downVar: byMtu },
  ]);
});
