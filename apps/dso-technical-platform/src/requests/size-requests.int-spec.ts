/**
 * Goal: requests bring a grid back into its limits whoever serves them, and what cannot be had is
 * told. Method: random feeders (meshed ones too) with random flexibility and limits about their
 * forecast, solved with the real linear solver; every claim is checked with power flows of its own.
 */
import type { SolveMilp } from '@flexledger/domain';
import { solveSeries } from '@flexledger/grid';
import { loadHighsSolver } from '@flexledger/solver';
import fc from 'fast-check';
import { loadingOf } from '@flexledger/grid-operations';
import {
  type ReliefTrial,
  TRIAL_PODS,
  excessAfter,
  movedBy,
  reliefTrial,
  servedBy,
} from '../testing/relief-trial';
import { flexibilityOf } from './flexibility';
import type { Lever } from './scopes';
import { sizeNeeds } from './size-requests';
import { findViolations, violatedMtus } from './violations';

let solve: SolveMilp;

beforeAll(async () => {
  ({ solve } = await loadHighsSolver());
});

const size = ({ grid, forecast, pods }: ReliefTrial) =>
  sizeNeeds(
    grid,
    forecast,
    new Map(),
    flexibilityOf(grid, pods, [], [...Array(forecast.mtuCount).keys()]),
    { solve },
  );

const dice = fc.array(fc.nat(), { minLength: TRIAL_PODS, maxLength: TRIAL_PODS });
const RUNS = 150;

describe('requests', () => {
  it('end every violation of which nothing is missing, whoever serves them', async () => {
    const seen = { ended: 0, missing: 0, meshed: 0, reactive: 0 };
    await fc.assert(
      fc.asyncProperty(reliefTrial, dice, async (drawn, keys) => {
        const { alarms, needs } = await size(drawn);
        const order = [...drawn.pods.keys()].sort((a, b) => keys[a]! - keys[b]!);
        const ways = [
          { change: servedBy(drawn, needs, 'alike'), leftOf: 0 },
          // The worst to first order was tried out; what the grid bends beyond it is a hundredth.
          {
            change: servedBy(
              drawn,
              needs,
              order.map((at) => drawn.pods[at]!),
            ),
            leftOf: 0.01,
          },
        ];
        if (needs.some(({ product }) => product === 'Q')) seen.reactive += 1;
        for (const { violation, missingW } of alarms) {
          for (const mtu of violatedMtus(violation)) {
            if (missingW[mtu] !== 0) {
              seen.missing += 1;
              continue;
            }
            seen.ended += 1;
            if (drawn.isMeshed) seen.meshed += 1;
            const before = excessAfter(drawn, new Map(), violation, mtu);
            for (const { change, leftOf } of ways) {
              const after = excessAfter(drawn, change, violation, mtu);
              expect(after).toBeLessThanOrEqual(leftOf * before + 1e-9);
            }
          }
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  }, 60_000);

  it('name PoDs whose scopes never overlap in part, in whole steps that they can give', async () => {
    await fc.assert(
      fc.asyncProperty(reliefTrial, async (drawn) => {
        const { needs } = await size(drawn);
        servedBy(drawn, needs, drawn.pods);
        for (const need of needs) {
          expect(need.quantityW.every((w) => Number.isInteger(w) && w >= 0)).toBe(true);
          expect(need.podIds).toEqual([...new Set(need.podIds)].sort());
          for (const other of needs) {
            if (other.product !== need.product || other.direction !== need.direction) continue;
            const common = need.podIds.filter((podId) => other.podIds.includes(podId)).length;
            expect([0, need.podIds.length, other.podIds.length]).toContain(common);
          }
        }
      }),
      { numRuns: 80, endOnFailure: true },
    );
  }, 60_000);

  it('are missing something only where no use of the PoDs ends all violations', async () => {
    const levers = fc.subarray<Lever>(
      (['P', 'Q'] as const).flatMap((product) =>
        (['up', 'down'] as const).map((direction) => ({ product, direction })),
      ),
    );
    const share = fc.constantFrom(0, 0.25, 0.5, 0.75, 1);
    const shares = fc.array(share, { minLength: TRIAL_PODS, maxLength: TRIAL_PODS });
    const uses = fc.array(fc.record({ levers, shares }), { minLength: 10, maxLength: 10 });
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(reliefTrial, uses, async (drawn, all) => {
        const { grid, forecast } = drawn;
        const { alarms } = await size(drawn);
        const mtus = [0, 1].filter((mtu) => alarms.some(({ missingW }) => missingW[mtu] !== 0));
        if (mtus.length === 0) return;
        for (const use of all) {
          const moves = use.levers.map((lever) => ({
            lever,
            share: (at: number) => use.shares[at]!,
          }));
          const loading = loadingOf(grid, forecast, movedBy(drawn, moves));
          const left = findViolations(grid, solveSeries(grid.compiled, loading));
          for (const mtu of mtus) {
            tried += 1;
            expect(left.some((violation) => violatedMtus(violation).includes(mtu))).toBe(true);
          }
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(tried).toBeGreaterThan(500);
  }, 60_000);

  it('are the same for the same forecast', async () => {
    await fc.assert(
      fc.asyncProperty(reliefTrial, async (drawn) => {
        expect(await size(drawn)).toEqual(await size(drawn));
      }),
      { numRuns: 20 },
    );
  });
});
