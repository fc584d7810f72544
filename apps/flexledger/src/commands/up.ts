import { TokenUnusable } from '@flexledger/certifier';
import { AnvilError, ChainRefused, ChainUnavailable } from '@flexledger/contracts';
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  type Config,
  PLATFORMS,
  type PartialConfig,
  type PlatformName,
  runsAll,
} from '../config/config';
import { loadConfig } from '../config/load-config';
import { requireNamedFiles } from '../config/named-files';
import type { LogContracts } from '../platform/chain';
import type { ContractDuties } from '../platform/contract-duties';
import { logFile, makeDataFolder } from '../platform/data-folder';
import type { TcpListener } from '@flexledger/messaging';
import { requirePortsFree } from '../platform/listening-ports';
import type { Platform } from '../platform/open-platform';
import { isHandbookBuilt } from '../serve/docs.controller';
import { runPlatform } from '../serve/run-platform';
import type { ServedPlatform } from '../serve/serve-platform';
import {
  oneLine,
  print,
  printJson,
  takeOverSignals,
  tell,
  UsageError,
} from '@flexledger/command-line';
import { isoNow, wallClock } from '@flexledger/runtime';
import { accountRows, passwordWasShown } from './account-rows';
import { firstSteps } from './first-steps';

/** What the command line says; the configuration says the rest. */
export interface UpFlags {
  readonly config?: string;
  readonly only?: string;
  readonly without?: string;
  readonly instance?: string;
  readonly data?: string;
  readonly port?: number;
  readonly mqttPort?: number;
  readonly logPort?: number;
  readonly log?: string;
  readonly rules?: string;
  readonly grid?: string;
  readonly chainRpc?: string;
  /** Where it answers as one JSON object. */
  readonly json: boolean;
}

/** Runs until Ctrl-C or SIGTERM; a second one ends at once. */
export async function runUntilSignal(flags: UpFlags): Promise<void> {
  const config = configOf(flags);
  requireNamedFiles(config);
  const isNew = !existsSync(logFile(config.dataDir));
  // Before a folder is made, which could not be used then.
  if (isNew) await requirePortsFree(config).catch(unusable);
  makeDataFolder(config.dataDir);
  const stop = new AbortController();
  const onSignal = (): void => {
    tell('Stopping: finishing requests, saving the chain ...');
    stop.abort();
  };
  const releaseSignals = takeOverSignals(onSignal);
  const dataDirShown = config.dataDir;
  const options = {
    config: { ...config, dataDir: path.resolve(config.dataDir) },
    // With its instant: a line is often read hours later.
    onProblem: (problem: string) => tell(`! ${isoNow(wallClock)} ${oneLine(problem)}`),
    onNews: tell,
    onReady: (platform: Platform, served: ServedPlatform) => {
      const say = flags.json ? tell : print;
      const isTerminal = (flags.json ? process.stderr : process.stdout).isTTY === true;
      say(announcement(config, platform, served, isTerminal));
      if (isTerminal && served.accounts) passwordWasShown(served.accounts);
      if (isNew && runsAll(config)) say(firstSteps(served.url, dataDirShown).join('\n'));
      if (flags.json) announceJson(config, platform, served);
    },
  };
  try {
    await runPlatform(options, stop.signal);
    tell('Stopped.');
  } catch (error) {
    unusable(error);
  } finally {
    releaseSignals();
  }
}

/** @throws UsageError for what was given and cannot be used; the error itself else */
function unusable(error: unknown): never {
  throw isUnusable(error) ? new UsageError((error as Error).message) : error;
}

/** The configuration that a command line leads to. @throws UsageError, ConfigError */
export function configOf(flags: UpFlags): Config {
  const {
    config: file,
    data,
    port,
    mqttPort,
    logPort,
    log,
    rules,
    grid,
    chainRpc,
    instance,
  } = flags;
  const platforms = chosenPlatforms(flags);
  const given: PartialConfig = {
    ...(data === undefined ? {} : { dataDir: data }),
    ...(instance === undefined ? {} : { instance }),
    ...(platforms === undefined ? {} : { platforms }),
    ...(port === undefined ? {} : { http: { port } }),
    ...(mqttPort === undefined ? {} : { mqtt: { port: mqttPort } }),
    ...(logPort === undefined && log === undefined
      ? {}
      : {
          log: {
            ...(logPort === undefined ? {} : { port: logPort }),
            ...(log === undefined ? {} : { url: log }),
          },
        }),
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
  if (only !== undefined) {
    const wanted = named(only);
    if (wanted.length > 0) return wanted;
    throw new UsageError(`--only names no platform; choose of ${PLATFORMS.join(', ')}.`);
  }
  if (without === undefined) return undefined;
  const left = named(without);
  const unknown = left.find((name) => !PLATFORMS.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--without: there is no ${unknown}; choose of ${PLATFORMS.join(', ')}.`);
  }
  const running = PLATFORMS.filter((name) => !left.includes(name));
  if (running.length > 0) return running;
  throw new UsageError(
    '--without names every platform, so nothing would run; leave one out of it.',
  );
}

/** Errors of what was given on the command line: a port that is taken, a chain or a token that is not there. */
export function isUnusable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  const isNamed = [AnvilError, ChainUnavailable, ChainRefused, TokenUnusable].some(
    (kind) => error instanceof kind,
  );
  return isNamed || code === 'EADDRINUSE' || code === 'EACCES';
}

function announceJson(
  { dataDir, platforms }: Config,
  { broker, chain }: Platform,
  { url }: ServedPlatform,
): void {
  printJson({
    url,
    platforms,
    mqtt: broker ? { host: broker.host, port: broker.port } : null,
    chain: chain
      ? {
          chainId: chain.chainId,
          anchorContract: chain.anchorContract.address,
          tokenContract: chain.tokenContract.address,
          agreementContract: chain.agreementContract.address,
          accessContract: chain.accessContract ?? null,
          formerContracts: formerOf(chain),
          duties: chain.duties,
        }
      : null,
    dataDir,
  });
}

function announcement(
  config: Config,
  platform: Platform,
  { url, accounts }: ServedPlatform,
  isTerminal: boolean,
): string {
  const { dataDir, platforms } = config;
  const { broker, chain, market, certifier } = platform;
  const tcpRow = (name: string, listener: TcpListener | undefined, isTls: boolean): string[] =>
    listener ? [row(name, `${isTls ? 'tls' : 'tcp'}://${listener.host}:${listener.port}`)] : [];
  const row = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`;
  const lines = [
    runsAll(config) ? 'Flexledger is running.' : `Running: ${platforms.join(', ')}.`,
    ...(market && certifier ? [row('screens', `${url}/`)] : []),
    row('REST, docs', `${url}/api/docs`),
    row(
      'handbook',
      isHandbookBuilt() ? `${url}/docs/` : 'in docs/; as pages by npm run docs:build',
    ),
    ...(broker
      ? [row('MQTT', `${config.mqtt.tls ? 'mqtts' : 'mqtt'}://${broker.host}:${broker.port}`)]
      : []),
    ...tcpRow('TCP, meters', platform.accessLayer?.layer.tcp, !!config.accessLayer.tcp?.tls),
    ...tcpRow('TCP, grid', platform.dso?.tcp, !!config.dso.tcp?.tls),
    ...(chain
      ? [
          row('chain', `id ${chain.chainId}, anchors in ${chain.anchorContract.address}`),
          ...(chain.accessContract === undefined
            ? []
            : [row('  grants', `in ${chain.accessContract}`)]),
          ...formerRows(chain).map(([name, text]) => row(name, text)),
          ...dutyRows(chain.duties).map(([name, text]) => row(name, text)),
        ]
      : []),
    row('data', dataDir),
    ...(accounts ? accountRows(dataDir, accounts, isTerminal, row) : []),
    'Stop with Ctrl-C.',
  ];
  return lines.join('\n');
}

/** Contracts before those in force, the oldest first. */
function formerOf({ former }: Pick<LogContracts, 'former'>) {
  const addressOf = ({ address }: { readonly address: string }): string => address;
  return {
    anchorContracts: former.anchorContracts,
    tokenContracts: former.tokenContracts.map(addressOf),
    agreementContracts: former.agreementContracts.map(addressOf),
  };
}

function formerRows(
  chain: Pick<LogContracts, 'former'>,
): (readonly [name: string, text: string])[] {
  const { anchorContracts, tokenContracts, agreementContracts } = formerOf(chain);
  if (anchorContracts.length === 0) return [];
  return [
    ['  before', `anchors in ${anchorContracts.join(', ')}`],
    ['', `tokens to be claimed in ${tokenContracts.join(', ')}`],
    ['', `agreements in ${agreementContracts.join(', ') || 'none'}`],
  ];
}

/** Who may do what in the contracts, as the chain has it. */
function dutyRows({ anchor, token }: ContractDuties): (readonly [name: string, text: string])[] {
  if (!anchor || !token) return [];
  const guardians = [...new Set([...anchor.guardians, ...token.guardians])];
  const nobody = 'nobody: name one who audits (chain.guardian)';
  return [
    ['  admin', anchor.admin],
    ['  anchors', anchor.workers.join(', ') || 'nobody'],
    ['  awards', token.workers.join(', ') || 'nobody'],
    ['  guardian', guardians.join(', ') || nobody],
  ];
}
