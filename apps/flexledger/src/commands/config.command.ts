import { Command } from 'commander';
import { examples } from '@flexledger/command-line';

/** `flexledger config`: what a configuration says, before anything runs by it. */
export function configCommand(): Command {
  return new Command('config')
    .description('check a configuration and show what it comes to')
    .addHelpText(
      'after',
      examples(
        'flexledger config check flexledger.yaml',
        'flexledger config schema > flexledger.schema.json',
      ),
    )
    .addCommand(
      new Command('check')
        .description('say whether a file can be used, with the environment as it is now')
        .argument('<file>', 'YAML or JSON')
        .option('--json', 'print the whole configuration, defaults included', false)
        .action(async (file: string, { json }: { json: boolean }) =>
          (await import('./config')).checkConfig(file, json),
        ),
    )
    .addCommand(
      new Command('schema')
        .description('print the JSON Schema of the configuration')
        .option('--json', 'the same: the schema is JSON', false)
        .action(async () => (await import('./config')).printSchema()),
    );
}
