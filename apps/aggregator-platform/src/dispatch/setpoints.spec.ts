/** Setpoints follow from what was sold and what the plant can; what they cannot fulfil is told. */
import type { OutcomeRow, PlantLimits } from '@flexledger/domain';
import type { PortfolioPod } from '../portfolio/portfolio';
import { setpointsFor } from './setpoints';

const window = {
  windowStart: '2026-03-17T03:00:00.000Z',
  firstMtu: 2,
  mtuCount: 3,
  windowStarts: [0, 2],
  leadMinutes: 15,
};
const { windowStart } = window;

/** @param firstMtu of the delivery day */
function sold(podId: string, direction: 'up' | 'down', firstMtu: number, acceptedW: number[]) {
  const row: OutcomeRow = {
    offerId: `${podId}-${direction}`,
    requestId: 'R',
    podId,
    aggregatorId: 'AGG1',
    requester: 'DSO',
    product: 'P',
    direction,
    firstMtu,
    acceptedW,
    priceMicroEurPerKwh: acceptedW.map(() => 1),
  };
  return row;
}

function pod(podId: string, baselineW: number[], limits?: PlantLimits): PortfolioPod {
  return {
    podId,
    flexibility: { upW: 1_000, downW: 1_000, upVar: 0, downVar: 0 },
    costMicroEurPerKwh: 1,
    feedInW: 0,
    automaticOffers: true,
    baselineW: [0, 0, ...baselineW],
    ...(limits ? { limits } : {}),
  };
}
const free = [null, null, null];

describe('setpointsFor', () => {
  const pods = [pod('A', [1_000, 1_000, 1_000]), pod('B', [500, 600, 700])];

  it('moves the baseline by all that was sold, in any session, and leaves the rest free', () => {
    const rows = [
      sold('B', 'up', 3, [200]),
      sold('B', 'up', 3, [100, 50]),
      sold('A', 'down', 2, [300]),
    ];
    expect(setpointsFor(window, rows, pods)).toEqual({
      setpoints: [
        { podId: 'A', windowStart, targetW: [1_300, null, null], targetVar: free },
        { podId: 'B', windowStart, targetW: [null, 300, 650], targetVar: free },
      ],
      infeasible: [],
    });
  });

  it('keeps the baseline where sales both ways cancel out', () => {
    const rows = [sold('A', 'up', 2, [300]), sold('A', 'down', 2, [300])];
    const { setpoints } = setpointsFor(window, rows, pods);
    expect(setpoints).toMatchObject([{ targetW: [1_000, null, null] }]);
  });

  it('sends nothing to PoDs that sold nothing in the window', () => {
    const rows = [sold('A', 'up', 0, [100, 100, 0, 0, 0])];
    expect(setpointsFor(window, rows, pods)).toEqual({ setpoints: [], infeasible: [] });
  });

  it('moves the baseline of reactive power by what was sold of that', () => {
    const reactive = { ...sold('A', 'up', 3, [400]), product: 'Q' as const };
    const inverter = { ...pods[0]!, baselineVar: [0, 0, 300, 300, 300] };
    expect(setpointsFor(window, [reactive, sold('A', 'up', 2, [100])], [inverter])).toEqual({
      setpoints: [
        {
          podId: 'A',
          windowStart,
          targetW: [900, null, null],
          targetVar: [null, -100, null],
        },
      ],
      infeasible: [],
    });
    expect(setpointsFor(window, [reactive], pods)).toEqual({
      setpoints: [],
      infeasible: [
        { podId: 'A', product: 'Q', mtu: 1, soldChangeW: -400, changeW: 0, limit: 'portfolio' },
      ],
    });
  });

  it('tells of what was sold by a PoD that is not there any more', () => {
    expect(setpointsFor(window, [sold('GONE', 'up', 4, [100])], pods)).toEqual({
      setpoints: [],
      infeasible: [{ podId: 'GONE', mtu: 2, soldChangeW: -100, changeW: 0, limit: 'portfolio' }],
    });
  });
});

describe('a plant with limits', () => {
  const limits: PlantLimits = {
    responseMinutes: 0,
    startUpMinutes: 0,
    rampWPerMinute: 20,
    energyWh: null,
  };

  it('is sent what it can follow, and the rest is told', () => {
    const pods = [pod('A', [1_000, 1_000, 1_000], limits)];
    const rows = [sold('A', 'up', 2, [500, 500])];
    expect(setpointsFor(window, rows, pods)).toEqual({
      setpoints: [{ podId: 'A', windowStart, targetW: [700, 500, null], targetVar: free }],
      infeasible: [{ podId: 'A', mtu: 0, soldChangeW: -500, changeW: -300, limit: 'ramp' }],
    });
  });

  it('goes on from where the window before left it', () => {
    const pods = [pod('A', [1_000, 1_000, 1_000], limits)];
    const rows = [sold('A', 'up', 1, [300, 500])];
    expect(setpointsFor(window, rows, pods).infeasible).toEqual([]);
  });

  it('has the energy of a day, what it sold before the window included', () => {
    const pods = [
      pod('A', [1_000, 1_000, 1_000], { ...limits, rampWPerMinute: null, energyWh: 200 }),
    ];
    const rows = [sold('A', 'up', 0, [400, 100, 500])];
    const { setpoints, infeasible } = setpointsFor(window, rows, pods);
    expect(setpoints[0]!.targetW).toEqual([700, null, null]);
    expect(infeasible).toEqual([
      { podId: 'A', mtu: 0, soldChangeW: -500, changeW: -300, limit: 'energy' },
    ]);
  });
});
