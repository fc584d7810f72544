import { Command } from 'commander';
import { configSchema, loadConfig } from '../config/load-config';
import { print, printJson } from './output';

/** `flexledger config`: what a configuration says, before anything runs by it. */
export function configCommand(): Command {
  return new Command('config')
    .description('check a configuration and show what it comes to')
    .addCommand(
      new Command('check')
        .argument('<file>', 'YAML or JSON')
        .description('say whether a file can be used, with the environment as it is now')
        .option('--json', 'print the whole configuration, defaults included', false)
        .action((file: string, { json }: { json: boolean }) => {
          const config = loadConfig({ file, environment: process.env });
          if (json) return printJson(config);
          print(
            `${file} can be used; it runs ${config.platforms.join(', ')} in ${config.dataDir}.`,
          );
        }),
    )
    .addCommand(
      new Command('schema')
        .description('print the JSON Schema of the configuration')
        .action(() => print(JSON.stringify(configSchema(), null, 2))),
    );
}
