import {
  type ClearingInstance,
  DEFAULT_CLEARING_PARAMETERS,
  clearMarket,
  columnsFromInstance,
  parseClearingInstance,
} from '@flexledger/domain';
import { loadHighsSolver } from '@flexledger/solver';
import { Command } from 'commander';
import { readJsonFile } from './input';
import { print, printJson, table } from './output';

/** What `flexledger clear` prints: the three objectives and the allocation. */
export interface ClearAnswer {
  readonly algorithm: string;
  readonly dsoServedWMtu: number;
  readonly tsoServedWMtu: number;
  readonly costWMtuPrice: number;
  readonly gap: object | null;
  /** What each request gets of each offer in each interval. */
  readonly allocation: readonly {
    readonly offerId: string;
    readonly requestId: string;
    readonly mtu: number;
    readonly quantityW: number;
  }[];
}

/** Clears one instance. */
export async function clearInstance(instance: ClearingInstance): Promise<ClearAnswer> {
  const columns = columnsFromInstance(instance);
  const solver = await loadHighsSolver();
  const result = await clearMarket(columns, DEFAULT_CLEARING_PARAMETERS, solver);
  const { dsoServedWMtu, tsoServedWMtu, costWMtuPrice } = result.totals;
  return {
    algorithm: result.algorithm,
    dsoServedWMtu: Number(dsoServedWMtu),
    tsoServedWMtu: Number(tsoServedWMtu),
    costWMtuPrice: Number(costWMtuPrice),
    gap: result.gap,
    allocation: result.allocation.flatMap((rows, mtu) =>
      Array.from(rows.offer, (offer, at) => ({
        offerId: instance.offers[offer]!.id,
        requestId: instance.requests[rows.request[at]!]!.id,
        mtu,
        quantityW: rows.quantityW[at]!,
      })),
    ),
  };
}

/** `flexledger clear FILE`: clears one problem in the form of a clearing instance. */
export function clearCommand(): Command {
  return new Command('clear')
    .description('clear one market instance from a JSON file')
    .argument('<file>', 'requests, offers and PoD limits')
    .option('--json', 'print one JSON object', false)
    .action(async (file: string, { json }: { json: boolean }) => {
      const answer = await clearInstance(parseClearingInstance(readJsonFile(file)));
      if (json) return printJson(answer);
      const { allocation, ...totals } = answer;
      print(table(Object.entries(totals).map(([name, value]) => [name, String(value)])));
      print(
        table(
          allocation.map((row) => [row.offerId, row.requestId, row.mtu, row.quantityW]),
          ['offer', 'request', 'MTU', 'W'],
        ),
      );
    });
}
