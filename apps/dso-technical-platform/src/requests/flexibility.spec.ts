/** What the DSO may count on of PoDs that declare by the clock. */
import { feederFile, operated, OPEN, outcomeRow, podAt } from '@flexledger/grid-operations';
import { type FlexiblePod, flexibilityOf } from './flexibility';

const curve = Array.from({ length: 96 }, (_, quarter) => (quarter < 50 ? 300 : 2_000));
const pod = (moves: Partial<FlexiblePod>): FlexiblePod => ({
  podId: podAt(1),
  busId: 'n1',
  upW: 0,
  downW: 0,
  upVar: 0,
  downVar: 0,
  ...moves,
});

it('is the curve in each MTU, less what is sold', () => {
  const pods = [pod({ upW: curve, downW: 100 })];
  const grid = operated(feederFile([{ parent: 0, rOhm: 0.03 }]), OPEN, pods);
  const sold = [outcomeRow(podAt(1), { firstMtu: 1, acceptedW: [400, 500] })];
  const { P, Q } = flexibilityOf(grid, pods, sold, [48, 49, 50, 51]);
  expect([...P.up.values()].map(({ room }) => [...room])).toEqual([[300, 0, 1_500, 2_000]]);
  expect([...P.down.values()].map(({ room }) => [...room])).toEqual([[100, 100, 100, 100]]);
  expect([Q.up.size, Q.down.size]).toEqual([0, 0]);
});
