/**
 * What keeps a demo alive after its simulated day: its households enrol anew with keys of their own, measure,
 * and follow setpoints, and its aggregators declare what is forecast of them. All of it goes through the
 * interfaces that everybody has: REST and MQTT.
 */
import path from 'node:path';
import { addDays, civilDay, localTimeMs } from '@flexledger/domain';
import { measureRegularly, regularly } from '@flexledger/edge-node';
import { type Clock, type Timers, messageOf, withoutFullStop } from '@flexledger/runtime';
import type { LoadedRulePack, TokenOf } from '@flexledger/service-kit';
import { type AggregatorDesk, openDesk } from './aggregator-desk';
import { readDemoDay } from './demo-day';
import { type Household, openHousehold } from './household';
import { livingDays } from './living-days';

export interface FieldOptions {
  readonly dataDir: string;
  /** The platform's REST interface. */
  readonly url: string;
  readonly brokerPort: number;
  readonly rules: LoadedRulePack;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly tokenOf: TokenOf;
  /** How often each household tells its power now; never when absent. */
  readonly powerEveryMs?: number;
  readonly tell: (line: string) => void;
  readonly onProblem: (problem: string) => void;
}

export interface SimulatedField {
  /** Resolves when every household that can be is connected and measures; never rejects. */
  readonly started: Promise<void>;
  households(): readonly Household[];
  close(): Promise<void>;
}

/** Keys and outboxes of a demo's households, a folder each. */
const householdsFolder = (dataDir: string): string => path.join(dataDir, 'households');

const STARTED_AT_ONCE = 20;
/** What failed is tried again so much later. */
const AGAIN_MS = 60_000;

/** Brings the households of a demo's folder to life; of any other folder there are none. */
export function startSimulatedField(options: FieldOptions): SimulatedField | undefined {
  const { dataDir, url, rules, clock, timers, tokenOf, powerEveryMs, tell, onProblem } = options;
  const demo = readDemoDay(dataDir);
  if (!demo) return undefined;
  const days = livingDays(demo, rules);
  const stop = new AbortController();
  const desks = new Map<string, AggregatorDesk>();
  for (const { aggregatorId } of days.pods) {
    if (desks.has(aggregatorId)) continue;
    desks.set(aggregatorId, openDesk({ aggregatorId, url, tokenOf, days, stop: stop.signal }));
  }
  const households: Household[] = [];
  const living = (): readonly Household[] => households.filter((one) => !one.hasLeft());
  let cancelBaselines = (): void => {};
  let stopMeasuring = (): void => {};
  let stopTelling = (): void => {};

  /** Now, and whenever a day begins. */
  async function declareBaselines(): Promise<void> {
    const { timeZone } = rules.rulePack;
    const today = civilDay(clock.nowMs(), timeZone);
    const tomorrow = addDays(today, 1);
    let nextMs = localTimeMs(tomorrow, 0, '00:00', timeZone);
    try {
      for (const desk of desks.values()) {
        if ((await desk.declareBaselines(today)) > 0) await desk.offerNow();
        await desk.declareBaselines(tomorrow);
      }
    } catch (error) {
      nextMs = clock.nowMs() + AGAIN_MS;
      const reason = withoutFullStop(messageOf(error));
      if (!stop.signal.aborted) {
        onProblem(`The demo's baselines are not declared: ${reason}; it is tried again soon.`);
      }
    }
    if (!stop.signal.aborted)
      cancelBaselines = timers.at(nextMs, 'demo/baselines', declareBaselines);
  }

  async function startHouseholds(): Promise<void> {
    const failures: string[] = [];
    for (let from = 0; from < days.pods.length && !stop.signal.aborted; from += STARTED_AT_ONCE) {
      const batch = days.pods.slice(from, from + STARTED_AT_ONCE).map(async (pod) => {
        const { podId, aggregatorId } = pod;
        const folder = path.join(householdsFolder(dataDir), podId);
        const desk = desks.get(aggregatorId)!;
        try {
          const household = await openHousehold({ ...options, pod, days, folder, desk });
          households.push(household);
          // One that is refused says so itself, and leaves.
          await household.node.ready.catch(() => {});
        } catch (error) {
          failures.push(`${podId}: ${withoutFullStop(messageOf(error))}`);
        }
      });
      await Promise.all(batch);
    }
    if (stop.signal.aborted) return;
    stopMeasuring = measureRegularly(() => living().map(({ node }) => node), {
      name: 'the simulated households',
      clock,
      timers,
      onProblem,
    });
    if (powerEveryMs !== undefined) {
      const task = async (): Promise<void> =>
        void (await Promise.all(living().map(({ node }) => node.tellPower())));
      const name = 'power/the simulated households';
      stopTelling = regularly(task, { name, clock, timers, everyMs: powerEveryMs, onProblem });
    }
    if (failures.length > 0) {
      onProblem(
        `${failures.length} of ${days.pods.length} simulated households could not start: ${failures[0]}.`,
      );
    }
    tell(newsOf(living()));
  }

  async function start(): Promise<void> {
    await declareBaselines();
    await startHouseholds();
  }

  const closeAll = async (): Promise<void> =>
    void (await Promise.all(households.map((household) => household.close())));

  const started = start().catch((error: unknown) => onProblem(messageOf(error)));
  return {
    started,
    households: living,
    async close() {
      stop.abort();
      cancelBaselines();
      // First those that are there, of which one may still be dialling; then those that came meanwhile.
      await closeAll();
      await started;
      stopMeasuring();
      stopTelling();
      await closeAll();
    },
  };
}

function newsOf(households: readonly Household[]): string {
  const anew = households.filter(({ hasEnrolled }) => hasEnrolled).length;
  const back = households.length - anew;
  const how = [
    ...(anew > 0 ? [`${anew} enrolled with keys of their own`] : []),
    ...(back > 0 ? [`${back} came back`] : []),
  ];
  return `Simulated households live on from here: ${how.length > 0 ? how.join(', ') : 'none'}.`;
}
