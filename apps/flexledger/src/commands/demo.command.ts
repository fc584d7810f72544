import { Command } from 'commander';
import type { DemoFlags } from './demo';
import { examples, isoDate, wholeNumber } from '@flexledger/command-line';

/** `flexledger demo`: simulates a day once, then serves it like `up`. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'simulate a whole market day, unless that was done before, and serve it as it lives on',
    )
    .option('--pods <n>', 'points of delivery', wholeNumber('pods', 1, 100_000), 100)
    .option(
      '--date <day>',
      'civil day to simulate (default: the last one that is over)',
      isoDate('date'),
    )
    .option(
      '--seed <n>',
      'everything that is drawn follows from it',
      wholeNumber('seed', 0, 2 ** 31),
      1,
    )
    .option('--data <dir>', 'folder of the demo', 'data/demo')
    .option('--fresh', 'simulate again and replace the demo that is there', false)
    .option('--port <n>', 'port of HTTP; 0 takes any', wholeNumber('port', 0, 65_535), 8_080)
    .option('--mqtt-port <n>', 'port of MQTT; 0 takes any', wholeNumber('mqtt-port', 0, 65_535), 0)
    .option('--json', 'tell on one line of JSON where it answers', false)
    .addHelpText('after', examples('flexledger demo --pods 20 --port 0'))
    .action(async (flags: DemoFlags) => (await import('./demo')).demo(flags));
}
