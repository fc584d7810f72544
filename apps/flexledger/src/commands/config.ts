import { configSchema, loadConfig } from '../config/load-config';
import { requireNamedFiles } from '../config/named-files';
import { print, printJson } from '@flexledger/command-line';

/**
 * Says what a file comes to with the environment as it is now.
 *
 * @throws ConfigError, and what is wrong with the files that it names
 */
export function checkConfig(file: string, json: boolean): void {
  const config = loadConfig({ file, environment: process.env });
  requireNamedFiles(config);
  if (json) return printJson(config);
  print(`${file} can be used; it runs ${config.platforms.join(', ')} in ${config.dataDir}.`);
}

export function printSchema(): void {
  print(JSON.stringify(configSchema(), null, 2));
}
