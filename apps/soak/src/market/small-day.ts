/** The day that a world lives through: few customers, few sessions, everything that a market does. */
import {
  type DeliveryPeriod,
  deliveryDay,
  localTimeMs,
  periodEndMs,
  sessionsDelivering,
} from '@flexledger/domain';
import {
  type ForecastShapes,
  forecastBasis,
  forecastShapes,
} from '@flexledger/dso-technical-platform';
import { limitsOf } from '@flexledger/grid-operations';
import { documentDigest } from '@flexledger/identity';
import { drawInteger, seededRandom } from '@flexledger/runtime';
import { type Scenario, congested, drawScenario } from '@flexledger/scenario';
import { type LoadedRulePack, gridFile, loadRulePack } from '@flexledger/service-kit';

export interface SmallDay {
  readonly date: string;
  readonly period: DeliveryPeriod;
  readonly rules: LoadedRulePack;
  readonly scenario: Scenario;
  readonly shapes: ForecastShapes;
  /** When everybody registers. */
  readonly startMs: number;
  /** When the last session of the day is settled, were all well. */
  readonly settledMs: number;
  /** Instants at which much happens. */
  readonly busyMs: readonly number[];
}

const DATE = '2026-03-17';
const GRID = 'ieee33';
const PODS_LEAST = 3;
const PODS_MOST = 5;
/** Two real-time sessions a day in the place of six. */
const WINDOW_HOURS = 12;
const MINUTE_MS = 60_000;

/** The day of a seed. */
export function smallDay(seed: number): SmallDay {
  const shipped = loadRulePack('platone').rulePack;
  const rulePack = {
    ...shipped,
    calendar: {
      ...shipped.calendar,
      realTime: { ...shipped.calendar.realTime!, windowHours: WINDOW_HOURS },
    },
  };
  const rules = { rulePack, digest: documentDigest(rulePack) };
  const { timeZone, baseline, settlement } = rulePack;
  const period = deliveryDay(DATE, timeZone);
  const shapes = forecastShapes(DATE, period, forecastBasis(timeZone, baseline.holidays));
  const podCount = drawInteger(seededRandom(seed, 'pods'), PODS_LEAST, PODS_MOST);
  const drawn = drawScenario(seed, podCount, GRID, gridFile(GRID), limitsOf(rulePack));
  const scenario = congested(drawn, shapes);
  const afterMs = settlement.afterMinutes * MINUTE_MS;
  const sessions = sessionsDelivering(DATE, rulePack);
  const busyMs = sessions.flatMap(({ gateOpensMs, gateClosesMs, period: delivered }) => [
    gateOpensMs + 30 * MINUTE_MS,
    gateClosesMs,
    gateClosesMs,
    delivered.startMs,
    periodEndMs(delivered) + afterMs,
  ]);
  return {
    date: DATE,
    period,
    rules,
    scenario,
    shapes,
    startMs: localTimeMs(DATE, -1, '09:00', timeZone),
    settledMs: periodEndMs(period) + afterMs,
    busyMs,
  };
}
