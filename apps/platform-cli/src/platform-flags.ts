import type { Command } from 'commander';

/** Adds the flags of every command that asks a running platform. */
export function ofPlatform(command: Command): Command {
  return command
    .option(
      '--url <address>',
      'where the platform answers; else where the one of the data folder does, else http://127.0.0.1:8080',
    )
    .option('--as <party>', 'speak for operator, aggregator:AGG1 ... by the data folder’s key')
    .option(
      '--data <dir>',
      'its data folder, for --url, --as or where nobody has signed in',
      'data',
    )
    .option('--json', 'print one JSON object', false);
}
