import { Command } from 'commander';
import { PLATFORMS } from '../config/config';
import type { UpFlags } from './up';
import { examples, wholeNumber } from '@flexledger/command-line';

/** `flexledger up`: platforms in real time, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description('run the platforms in real time, with screens and REST interface')
    .option('--config <file>', 'configuration, YAML or JSON (flexledger config check FILE)')
    .option('--only <names>', `platforms to run, parted by commas: ${PLATFORMS.join(', ')}`)
    .option('--without <names>', 'platforms not to run, parted by commas')
    .option('--instance <name>', 'name of this process, another for each instance of a platform')
    .option('--data <dir>', 'folder for log, read models, keys and chain (default "data")')
    .option(
      '--port <n>',
      'port of HTTP; 0 takes any (default 8080)',
      wholeNumber('port', 0, 65_535),
    )
    .option(
      '--mqtt-port <n>',
      'port of MQTT; 0 takes any (default 1883)',
      wholeNumber('mqtt-port', 0, 65_535),
    )
    .option(
      '--log <url>',
      'address of a KurrentDB or PostgreSQL that keeps the log; the one in the folder without it',
    )
    .option(
      '--log-port <n>',
      "port at which the log of the folder is served over KurrentDB's protocol; 0 takes any",
      wholeNumber('log-port', 0, 65_535),
    )
    .option('--rules <pack>', 'rule pack, by name or file (default "platone")')
    .option(
      '--grid <name>',
      'grid of a new log: ieee33, cigre-mv, cigre-mv-pv-wind, rome-N, or one imported here (default "ieee33")',
    )
    .option('--chain-rpc <url>', 'RPC address of an EVM chain; the embedded one without it')
    .option('--json', 'tell on one line of JSON where it answers', false)
    .addHelpText(
      'after',
      examples(
        'flexledger up --data data/day',
        'flexledger up --only market-platform,certifier --config flexledger.yaml',
      ),
    )
    .action(async (flags: UpFlags) => (await import('./up')).runUntilSignal(flags));
}
