/** Setpoints follow from what was sold: baseline, less what goes up, more what goes down. */
import type { OutcomeRow } from '@flexledger/domain';
import { setpointsFor } from './setpoints';

const START = '2026-03-17T03:00:00.000Z';

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

describe('setpointsFor', () => {
  const baselines = new Map([
    ['A', [1_000, 1_000, 1_000]],
    ['B', [500, 600, 700]],
  ]);

  it('moves the baseline by all that was sold, in any session, and leaves the rest free', () => {
    const rows = [
      sold('B', 'up', 1, [200]),
      sold('B', 'up', 1, [100, 50]),
      sold('A', 'down', 0, [300]),
    ];
    expect(setpointsFor(START, 3, rows, baselines)).toEqual([
      {
        podId: 'A',
        windowStart: START,
        targetW: [1_300, null, null],
        targetVar: [null, null, null],
      },
      { podId: 'B', windowStart: START, targetW: [null, 300, 650], targetVar: [null, null, null] },
    ]);
  });

  it('sends nothing to PoDs that sold nothing in the window', () => {
    expect(setpointsFor(START, 3, [sold('A', 'up', 0, [0, 0, 0])], baselines)).toEqual([]);
  });
});
