import { AnvilError, ChainRefused, ChainUnavailable } from '@flexledger/contracts';
import { Command } from 'commander';
import path from 'node:path';
import {
  type Config,
  PLATFORMS,
  type PartialConfig,
  type PlatformName,
  runsAll,
} from '../config/config';
import { loadConfig } from '../config/load-config';
import type { Platform } from '../platform/open-platform';
import { gridFile } from '../platform/reference-data';
import { runPlatform } from '../serve/run-platform';
import type { ServedPlatform } from '../serve/serve-platform';
import { print, tell } from './output';
import { UsageError, wholeNumber } from './usage-error';

/** What the command line says; the configuration says the rest. */
export interface UpFlags {
  readonly config?: string;
  readonly only?: string;
  readonly without?: string;
  readonly instance?: string;
  readonly data?: string;
  readonly port?: number;
  readonly mqttPort?: number;
  readonly rules?: string;
  readonly grid?: string;
  readonly chainRpc?: string;
}

/** `flexledger up`: platforms in real time, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description('run the platforms in real time, with status page and REST interface')
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
    .option('--rules <pack>', 'rule pack, by name or file (default "platone")')
    .option(
      '--grid <name>',
      'grid of a new log, one that comes with the project or was imported here (default "ieee33")',
    )
    .option('--chain-rpc <url>', 'RPC address of an EVM chain; the embedded one without it')
    .action((flags: UpFlags) => runUntilSignal(flags));
}

/** Runs until Ctrl-C or SIGTERM; a second one ends at once. */
export async function runUntilSignal(flags: UpFlags): Promise<void> {
  const config = configOf(flags);
  if (config.platforms.includes('dso-technical-platform')) requireGrid(config.dso.grid);
  const stop = new AbortController();
  const onSignal = (): void => {
    tell('Stopping: finishing requests, saving the chain ...');
    stop.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const dataDirShown = config.dataDir;
  const options = {
    config: { ...config, dataDir: path.resolve(config.dataDir) },
    dataDirShown,
    onProblem: (problem: string) => tell(`! ${problem}`),
    onReady: (platform: Platform, served: ServedPlatform) => announce(config, platform, served),
  };
  try {
    await runPlatform(options, stop.signal);
    tell('Stopped.');
  } catch (error) {
    throw isUnusable(error) ? new UsageError((error as Error).message) : error;
  } finally {
    process.removeListener('SIGINT', onSignal).removeListener('SIGTERM', onSignal);
  }
}

/** @throws UsageError, ConfigError */
function configOf(flags: UpFlags): Config {
  const { config: file, data, port, mqttPort, rules, grid, chainRpc, instance } = flags;
  const platforms = chosenPlatforms(flags);
  const given: PartialConfig = {
    ...(data === undefined ? {} : { dataDir: data }),
    ...(instance === undefined ? {} : { instance }),
    ...(platforms === undefined ? {} : { platforms }),
    ...(port === undefined ? {} : { http: { port } }),
    ...(mqttPort === undefined ? {} : { mqtt: { port: mqttPort } }),
    ...(rules === undefined ? {} : { market: { rules } }),
    ...(grid === undefined ? {} : { dso: { grid } }),
    ...(chainRpc === undefined ? {} : { chain: { rpcUrl: chainRpc } }),
  };
  return loadConfig({
    ...(file === undefined ? {} : { file }),
    environment: process.env,
    flags: given,
  });
}

function chosenPlatforms({ only, without }: UpFlags): readonly PlatformName[] | undefined {
  const named = (text: string): PlatformName[] =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '') as PlatformName[];
  if (only !== undefined && without !== undefined) {
    throw new UsageError('--only and --without: name the platforms by one of the two.');
  }
  if (only !== undefined) return named(only);
  if (without === undefined) return undefined;
  const left = named(without);
  const unknown = left.find((name) => !PLATFORMS.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--without: there is no ${unknown}; choose of ${PLATFORMS.join(', ')}.`);
  }
  return PLATFORMS.filter((name) => !left.includes(name));
}

/** Errors of what was given on the command line: a port that is taken, a chain that is not there. */
function isUnusable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  const ofChain = [AnvilError, ChainUnavailable, ChainRefused].some(
    (kind) => error instanceof kind,
  );
  return ofChain || code === 'EADDRINUSE' || code === 'EACCES';
}

function announce(config: Config, platform: Platform, { url, clients }: ServedPlatform): void {
  const { dataDir, platforms } = config;
  const { broker, chain, market, certifier } = platform;
  const row = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`;
  const lines = [
    runsAll(config) ? 'Flexledger is running.' : `Running: ${platforms.join(', ')}.`,
    ...(market && certifier ? [row('status page', `${url}/`)] : []),
    row('REST, docs', `${url}/api/docs`),
    ...(broker
      ? [row('MQTT', `${config.mqtt.tls ? 'mqtts' : 'mqtt'}://${broker.host}:${broker.port}`)]
      : []),
    ...(chain
      ? [row('chain', `id ${chain.chainId}, anchors in ${chain.anchorContract.address}`)]
      : []),
    row('data', dataDir),
    row(
      'clients',
      `${path.join(dataDir, 'clients.json')}, secrets in ${path.join(dataDir, path.basename(clients.secretsFile))}`,
    ),
    'Stop with Ctrl-C.',
  ];
  print(lines.join('\n'));
}

function requireGrid(name: string): void {
  try {
    gridFile(name);
  } catch (error) {
    throw new UsageError(`--grid: ${(error as Error).message}`);
  }
}
