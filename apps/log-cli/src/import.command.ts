import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { BaselineFlags, WeatherFlags } from './import';
import type { CostFlags } from './import-costs';

/** `flexledger import`: data of other systems into the log of a platform that does not run. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('take data of another system into the log')
    .addHelpText(
      'after',
      examples(
        'flexledger import weather weather.csv --data data/day',
        'flexledger import baselines baselines.csv --aggregator AGG1 --data data/day',
      ),
    );
  command
    .command('baselines')
    .description('declare baselines from CSV: podId, deliveryDay, mtu, baselineW')
    .argument('<file>', 'one line an MTU; the whole file or nothing is declared')
    .requiredOption('--aggregator <id>', 'whose customers they are of, like AGG1')
    .option('--data <dir>', 'data folder; a running platform takes baselines over REST', 'data')
    .option('--json', 'print one JSON object', false)
    .action(async (file: string, flags: BaselineFlags) =>
      (await import('./import')).baselines(file, flags),
    );
  command
    .command('costs')
    .description('declare what an aggregator’s plants cost and can follow: CSV, JSON or XML')
    .argument('<file-or-address>', 'a file, or http(s)://...; the whole of it or nothing is taken')
    .requiredOption('--aggregator <id>', 'whose customers they are of, like AGG1')
    .option('--format <csv|json|xml>', 'where the name does not end with it')
    .option('--data <dir>', 'data folder; a running platform takes costs over REST', 'data')
    .option('--json', 'print one JSON object', false)
    .action(async (source: string, flags: CostFlags) =>
      (await import('./import-costs')).importCosts(source, flags),
    );
  command
    .command('weather')
    .description('report weather over the grid: hours of irradiance, temperature and wind')
    .argument('<file>', 'CSV or JSON (flexledger-weather/1); the whole file or nothing is taken')
    .option('--source <name>', 'who says so', 'file')
    .option('--data <dir>', 'data folder; a running platform takes weather over REST', 'data')
    .option('--json', 'print one JSON object', false)
    .action(async (file: string, flags: WeatherFlags) =>
      (await import('./import')).weather(file, flags),
    );
  return command;
}
