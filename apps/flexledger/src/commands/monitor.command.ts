import { Command } from 'commander';
import { examples, wholeNumber } from '@flexledger/command-line';
import type { MonitorFlags } from '@flexledger/audit-cli';

/** `flexledger monitor`: follows all that a log signs and holds, from outside. */
export function monitorCommand(): Command {
  return new Command('monitor')
    .description('follow a log by its public tiles, and alarm where it forks, shrinks or lies')
    .requiredOption('--url <url>', 'address of the platform')
    .requiredOption('--trust <file>', 'name and key of the log, and its witnesses')
    .option('--state <file>', 'what was seen, kept between runs', 'monitor.json')
    .option('--every <seconds>', 'time between rounds', wholeNumber('--every', 1, 86_400), 60)
    .option('--once', 'one round, for a timer of the system; exit code 1 on an alarm', false)
    .option('--json', 'print one JSON object a round', false)
    .addHelpText(
      'after',
      examples(
        'flexledger monitor --url http://127.0.0.1:8080 --trust trust.json',
        'flexledger monitor --url http://127.0.0.1:8080 --trust trust.json --once --json',
      ),
    )
    .action(async (flags: MonitorFlags) =>
      (await import('@flexledger/audit-cli')).runMonitor(flags),
    );
}
