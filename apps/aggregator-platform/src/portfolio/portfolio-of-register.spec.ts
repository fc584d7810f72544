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
const portfolioWith = (
  of: RegisteredPod,
  baselineVar?: readonly number[],
  reactive: { readonly reactiveMicroEurPerKvarh?: number } = {},
) =>
  portfolioOf(
    {
      podsOf: async () => [of],
      baselines: async () => [
        {
          podId: POD,
          declared: [
            {
              declaredAt: '2026-03-16T10:00:00.000Z',
              baselineW: [1],
              ...(baselineVar ? { baselineVar } : {}),
            },
          ],
        },
      ],
    },
    'AGG1',
    {
      knowledgeOf: async () => new Map([[POD, { costMicroEurPerKwh: 1, feedInW: 0, ...reactive }]]),
    },
    'Europe/Rome',
  );
const portfolio = portfolioWith(customer);

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

describe('reactive power that has a cost', () => {
  const cost = { reactiveMicroEurPerKvarh: 10 };
  const on = (of: RegisteredPod, baselineVar?: readonly number[]) =>
    portfolioWith(of, baselineVar, cost).on('2026-03-17');

  it('is offered where a baseline of it is declared', async () => {
    const { pods, leftOut } = await on(customer, [7]);
    expect(pods).toMatchObject([{ podId: POD, baselineVar: [7], ...cost }]);
    expect(leftOut).toEqual([]);
  });

  it.each<[string, RegisteredPod, readonly number[] | undefined, string]>([
    ['no baseline', customer, undefined, 'has no baseline of it for 2026-03-17 (baselineVar)'],
    [
      'no inverter',
      { ...customer, flexibility: { ...customer.flexibility!, downVar: 0 } },
      [7],
      'has declared none (upVar, downVar), as a PoD without an inverter has none',
    ],
    [
      'a refusal',
      {
        ...customer,
        services: {
          voltageManagement: {
            named: true,
            judgements: { DSO: { status: 'refused', reason: 'weak feeder' } },
          },
        },
      },
      [7],
      'is refused for voltageManagement by the DSO: weak feeder',
    ],
  ])('of a PoD with %s is left out in words, its active power is not', async (_, of, vars, why) => {
    const { pods, leftOut } = await on(of, vars);
    expect(pods).toHaveLength(1);
    expect(pods[0]).not.toHaveProperty('reactiveMicroEurPerKvarh');
    expect(leftOut).toEqual([
      { podId: POD, reason: `its reactive power is not offered: it ${why}` },
    ]);
  });
});
