/** What the DSO computes in a day-ahead session of 1,500 PoDs: its requests, and the validation of an outcome. */
import { type OutcomeRow, deliveryDay, quarterHoursOf } from '@flexledger/domain';
import { OPEN_LIMITS, operateGrid, validateOutcome } from '@flexledger/grid-operations';
import {
  backgroundW,
  flexibilityOf,
  forecastBasis,
  forecastGrid,
  forecastShapes,
  sizeNeeds,
} from '@flexledger/dso-technical-platform';
import { loadHighsSolver } from '@flexledger/solver';
import { gridFile } from '@flexledger/service-kit';
import { drawScenario, publishedModel, tightenLimits } from '@flexledger/scenario';

export interface DsoCase {
  readonly name: string;
  readonly seconds: number;
  readonly seedsSeconds: number;
}

const PODS = 1_500;
const DAY = '2026-03-17';
const ZONE = 'Europe/Rome';
/** Accepted of every PoD in every MTU: harmless, as outcomes mostly are. */
const ACCEPTED_W = 100;
/** D2.16, 1,500 PoDs on four cores. */
const SEEDS_REQUESTS_SECONDS = 7.6;
const SEEDS_VALIDATION_SECONDS = 9;

/** Median seconds of each case. */
export async function dsoCases(repeats: number): Promise<readonly DsoCase[]> {
  const period = deliveryDay(DAY, ZONE);
  const shapes = forecastShapes(DAY, period, forecastBasis(ZONE));
  const open = drawScenario(1, PODS, 'ieee33', gridFile('ieee33'), OPEN_LIMITS);
  const model = publishedModel(open);
  const published = { gridId: 'ieee33', digest: '', model, limits: OPEN_LIMITS };
  const limits = tightenLimits(operateGrid(published), open.pods, shapes, OPEN_LIMITS);
  const grid = operateGrid({ ...published, limits });
  const forecast = forecastGrid(grid, open.pods, shapes, Math.max(...backgroundW(shapes)));
  const pods = open.pods.map((pod) => ({ ...pod, ...pod.flexibility }));
  const { solve } = await loadHighsSolver();
  const rows = open.pods.map(({ podId, aggregatorId }): OutcomeRow => {
    const acceptedW = new Array<number>(period.mtuCount).fill(ACCEPTED_W);
    return {
      offerId: podId,
      requestId: 'R',
      podId,
      aggregatorId,
      requester: 'TSO',
      product: 'P',
      direction: 'up',
      firstMtu: 0,
      acceptedW,
      priceMicroEurPerKwh: acceptedW,
    };
  });
  const requests = await median(repeats, async () => {
    const flexibility = flexibilityOf(grid, pods, [], quarterHoursOf(period, ZONE));
    const { needs } = await sizeNeeds(grid, forecast, new Map(), flexibility, { solve });
    if (needs.length === 0) throw new Error('requests-1500: the forecast shows no congestion.');
  });
  const validation = await median(repeats, async () => {
    const refused = validateOutcome(grid, forecast, new Map(), rows);
    if (refused.length > 0) throw new Error('validation-1500: the outcome was to do no harm.');
  });
  return [
    { name: 'requests-1500', seconds: requests, seedsSeconds: SEEDS_REQUESTS_SECONDS },
    { name: 'validation-1500', seconds: validation, seedsSeconds: SEEDS_VALIDATION_SECONDS },
  ];
}

async function median(repeats: number, work: () => Promise<void>): Promise<number> {
  const runs: number[] = [];
  for (let run = 0; run < repeats; run += 1) {
    const startedMs = performance.now();
    await work();
    runs.push((performance.now() - startedMs) / 1e3);
  }
  return runs.sort((a, b) => a - b)[repeats >> 1]!;
}
