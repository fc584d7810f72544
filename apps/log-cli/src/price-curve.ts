import { lastRulePack } from '@flexledger/projections';
import { type PriceCurve, portfolioOf, priceCurves } from '@flexledger/aggregator-platform';
import { deliveryDay } from '@flexledger/domain';
import { openSqliteEventStore, logFile, requireLog } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { withRegister } from './register-of-log';
import { print, printJson, UsageError } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** Flags of `flexledger price-curve`. */
export interface PriceCurveFlags {
  readonly aggregator: string;
  readonly day: string;
  readonly data: string;
  readonly json: boolean;
}

/** Prints the price curves of an aggregator's customers on one day. */
export async function priceCurve({ aggregator, day, data, json }: PriceCurveFlags): Promise<void> {
  const curves = await curvesFrom(data, aggregator, day);
  if (json) return printJson({ aggregator, day, curves });
  print(table(curves.map(lineOf), ['MTU', 'direction', 'W', 'steps', 'from', 'to EUR/kWh']));
}

async function curvesFrom(
  dataDir: string,
  aggregatorId: string,
  day: string,
): Promise<PriceCurve[]> {
  requireLog(dataDir);
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  try {
    const { timeZone } = await lastRulePack(store);
    const { pods } = await withRegister(store, timeZone, async (register, costs) => {
      const bidders = await costs.bidders();
      if (!bidders.includes(aggregatorId)) {
        throw new UsageError(
          `The log in ${dataDir} has no costs of ${aggregatorId}; it has those of ` +
            `${bidders.join(', ') || 'nobody'}. Declare them by flexledger import costs.`,
        );
      }
      return portfolioOf(register, aggregatorId, costs, timeZone).on(day);
    });
    return priceCurves(pods, deliveryDay(day, timeZone).mtuCount);
  } finally {
    await store.close();
  }
}

function lineOf({ mtu, direction, steps }: PriceCurve): (string | number)[] {
  const euroPerKwh = (microEur: number): string => (microEur / 1e6).toFixed(6);
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const prices = [first, last].map((step) => euroPerKwh(step.priceMicroEurPerKwh));
  return [mtu, direction, last.cumulativeW, steps.length, ...prices];
}
