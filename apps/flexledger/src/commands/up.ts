import path from 'node:path';
import { AnvilError, ChainRefused, ChainUnavailable } from '@flexledger/contracts';
import { loadRulePack } from '@flexledger/service-kit';
import type { Platform } from '../platform/open-platform';
import { runPlatform } from '../serve/run-platform';
import type { ServedPlatform } from '../serve/serve-platform';
import { print, tell } from './output';
import { gridFile } from '../platform/reference-data';
import { UsageError } from './usage-error';

/** What `up` and `demo` run on. */
export interface UpFlags {
  readonly data: string;
  readonly port: number;
  readonly mqttPort: number;
  readonly rules: string;
  readonly grid: string;
  readonly chainRpc?: string;
}

/** Runs until Ctrl-C or SIGTERM; a second one ends at once. */
export async function runUntilSignal(flags: UpFlags): Promise<void> {
  const { data, port, mqttPort, rules, grid, chainRpc } = flags;
  requireGrid(grid);
  const stop = new AbortController();
  const onSignal = (): void => {
    tell('Stopping: finishing requests, saving the chain ...');
    stop.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const options = {
    dataDir: path.resolve(data),
    dataDirShown: data,
    port,
    mqttPort,
    rules: loadRulePack(rules),
    gridId: grid,
    ...(chainRpc === undefined ? {} : { chainRpcUrl: chainRpc }),
    onProblem: (problem: string) => tell(`! ${problem}`),
    onReady: (platform: Platform, served: ServedPlatform) => announce(data, platform, served),
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

/** Errors of what was given on the command line: a port that is taken, a chain that is not there. */
function isUnusable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  const ofChain = [AnvilError, ChainUnavailable, ChainRefused].some(
    (kind) => error instanceof kind,
  );
  return ofChain || code === 'EADDRINUSE' || code === 'EACCES';
}

function announce(
  data: string,
  { broker, chain }: Platform,
  { url, clients }: ServedPlatform,
): void {
  const lines = [
    'Flexledger is running.',
    `  status page  ${url}/`,
    `  REST, docs   ${url}/api/docs`,
    `  MQTT         mqtt://${broker.host}:${broker.port}`,
    `  chain        id ${chain.chainId}, anchors in ${chain.anchorContract.address}`,
    `  data         ${data}`,
    `  clients      ${path.join(data, 'clients.json')}, secrets in ${path.join(data, path.basename(clients.secretsFile))}`,
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
