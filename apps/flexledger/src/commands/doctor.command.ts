import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { DoctorFlags } from './doctor';

/** `flexledger doctor`: is everything there that the platform needs. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check this machine and a data folder; exit code 1 when something is missing')
    .option(
      '--config <file>',
      'configuration, YAML or JSON, whose engines, ports and files are looked at',
    )
    .option('--data <dir>', 'data folder (default "data")')
    .option('--chain-rpc <url>', 'RPC address of the chain; the embedded one without it')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples('flexledger doctor --data data/day', 'flexledger doctor --config flexledger.yaml'),
    )
    .action(async (flags: DoctorFlags) => (await import('./doctor')).doctor(flags));
}
