import { Command } from 'commander';
import type { UpFlags } from './up';
import { wholeNumber } from './usage-error';

/** `flexledger up`: the platform in real time, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description('run the whole platform in real time, with its status page and REST interface')
    .option('--data <dir>', 'folder for log, read models, keys and chain', 'data')
    .option('--port <n>', 'port of HTTP; 0 takes any', wholeNumber('port', 0, 65_535), 8_080)
    .option(
      '--mqtt-port <n>',
      'port of MQTT; 0 takes any',
      wholeNumber('mqtt-port', 0, 65_535),
      1_883,
    )
    .option('--rules <pack>', 'rule pack, by name or file', 'platone')
    .option(
      '--grid <name>',
      'grid of a new log: ieee33, cigre-mv, cigre-mv-pv-wind, or one imported into this folder',
      'ieee33',
    )
    .option('--chain-rpc <url>', 'RPC address of an EVM chain; the embedded one without it')
    .action(async (flags: UpFlags) => (await import('./up')).runUntilSignal(flags));
}
