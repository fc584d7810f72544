import { type PriceCurve, portfolioOf, priceCurves } from '@flexledger/aggregator-platform';
import { deliveryDay } from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { lastRulePack } from '@flexledger/market-platform';
import { wallClock } from '@flexledger/runtime';
import { Command } from 'commander';
import { readMarketKnowledge } from '../platform/market-knowledge';
import { logFile } from '../platform/data-folder';
import { withRegister } from '../platform/register-of-log';
import { print, printJson, table } from './output';
import { UsageError, isoDate } from './usage-error';

interface PriceCurveFlags {
  readonly aggregator: string;
  readonly day: string;
  readonly data: string;
  readonly json: boolean;
}

/** `flexledger price-curve`: what an aggregator's flexibility costs, MTU by MTU. */
export function priceCurveCommand(): Command {
  return new Command('price-curve')
    .description('aggregated price curve of an aggregator’s customers, by MTU of a delivery day')
    .requiredOption('--aggregator <id>', 'aggregator, like AGG1')
    .requiredOption('--day <date>', 'delivery day', isoDate('day'))
    .option('--data <dir>', 'data folder, with the aggregator’s costs in market.json', 'data')
    .option('--json', 'print one JSON object with every step', false)
    .action(async ({ aggregator, day, data, json }: PriceCurveFlags) => {
      const curves = await curvesFrom(data, aggregator, day);
      if (json) return printJson({ aggregator, day, curves });
      print(table(curves.map(lineOf), ['MTU', 'direction', 'W', 'steps', 'from', 'to EUR/kWh']));
    });
}

async function curvesFrom(
  dataDir: string,
  aggregatorId: string,
  day: string,
): Promise<PriceCurve[]> {
  const { aggregators = [] } = readMarketKnowledge(dataDir) ?? {};
  const own = aggregators.find((one) => one.aggregatorId === aggregatorId);
  if (!own) {
    const known = aggregators.map((one) => one.aggregatorId).join(', ') || 'none';
    throw new UsageError(
      `${dataDir} knows no costs of ${aggregatorId}; it knows those of ${known}.`,
    );
  }
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  try {
    const { timeZone } = await lastRulePack(store);
    const knowledge = new Map(Object.entries(own.pods));
    const { pods } = await withRegister(store, timeZone, (register) =>
      portfolioOf(register, aggregatorId, knowledge).on(day),
    );
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
