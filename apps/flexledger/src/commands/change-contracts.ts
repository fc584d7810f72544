/** Going on with other contracts: the command of an operator whose platform is stopped. */
import path from 'node:path';
import {
  type ContractsOfLog,
  ContractsNotChanged,
  TokenUnusable,
  chainAnchors,
  changeContracts,
} from '@flexledger/certifier';
import { UsageError, print, printJson } from '@flexledger/command-line';
import { DomainError } from '@flexledger/domain';
import { type EventStore, openLog, requireLog } from '@flexledger/event-store';
import { runningInstances } from '@flexledger/platform-cli';
import { WallTimers, messageOf, wallClock } from '@flexledger/runtime';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load-config';
import { type LogContracts, type PlatformChain, recordedContracts } from '../platform/chain';
import {
  type ContractSuccession,
  unpaidForGood,
  unrecordedAward,
} from '../platform/contract-succession';
import { certifierFolder } from '../platform/data-folder';
import { openServedKeys } from '../platform/keys';
import { readTsoKnowledge } from '../platform/market-knowledge';
import { dutySetting, openChain } from '../platform/open-base';
import { certifierKeys, witnessesOf } from '../platform/open-certification';

/** Flags of `flexledger log change-contracts`. */
export interface ChangeContractsFlags {
  readonly data: string;
  readonly config?: string;
  readonly reason: string;
  readonly json: boolean;
}

/**
 * Deploys other contracts, records the change and goes on in them; a second time for the same reason changes nothing.
 *
 * @throws UsageError, LogAbsent, ChainInUse, ChainUnavailable, ChainRefused
 */
export async function changeLogContracts(flags: ChangeContractsFlags): Promise<void> {
  const config = configOf(flags);
  const { dataDir } = config;
  if (!config.platforms.includes('certifier')) {
    throw new UsageError(
      `The processes of ${dataDir} do not certify; change the contracts where the certifier runs.`,
    );
  }
  if (config.log.url === undefined) requireLog(dataDir);
  requireStopped(dataDir);
  const told: string[] = [];
  const log = await openLog({ dataDir, ...config.log }, { clock: wallClock });
  try {
    if (!(await recordedContracts(log))?.agreementContract) {
      throw new UsageError(
        `The log of ${dataDir} names no contracts yet; start it once by "flexledger up".`,
      );
    }
    const changed = await changedIn(config, log, flags.reason, (words) => told.push(words));
    const { former, next, lastAnchor } = changed;
    if (flags.json) return printJson({ former, next, lastAnchor, told });
    print(`anchors      ${former.anchorContract} until ${lastAnchor.size} leaves`);
    print(`  from then  ${next.anchorContract.address}`);
    print(`tokens       ${former.tokenContract}, where what was awarded stays to be claimed`);
    print(`  from then  ${next.tokenContract.address}`);
    print(`agreements   ${former.agreementContract}, where what was certified stays and ends`);
    print(`  from then  ${next.agreementContract.address}`);
    for (const words of told) print(words);
    print('Start the platform; trust files follow with the next audit that holds.');
  } finally {
    await log.close();
  }
}

/** What another process anchors or awards in the old contracts meanwhile no later audit would forgive. */
function requireStopped(dataDir: string): void {
  const [running] = runningInstances(dataDir);
  if (!running) return;
  throw new UsageError(
    `The contracts of ${dataDir} are left as they are while ${running.instance} (process ${running.pid}) runs on it; ` +
      'stop every process of the platform first, on other machines too.',
  );
}

async function changedIn(
  config: Config,
  log: EventStore,
  reason: string,
  onProblem: (told: string) => void,
) {
  const { dataDir } = config;
  const keys = openServedKeys(dataDir, readTsoKnowledge(dataDir)?.seed);
  const setting = { dataDir, keys, log, clock: wallClock, duties: dutySetting(config.chain) };
  const opened = await openChain(setting, { config, mode: 'follow', onProblem });
  const chain = opened!;
  try {
    const { origin, sealEverySeconds } = config.certifier;
    const current = anchoredIn(chain, chain);
    let isClosed = false;
    const changed = await changeContracts({
      log,
      clock: wallClock,
      timers: new WallTimers((name, error) => onProblem(`${name}: ${messageOf(error)}`)),
      origin,
      ...(await certifierKeys(config, keys)),
      folder: certifierFolder(dataDir),
      policy: { sealEverySeconds, witnesses: witnessesOf(config) },
      onProblem,
      reason,
      current,
      deploy: () => chain.succession.deploy(),
      close: async () => {
        await closeFormer(chain.succession, current.chain, onProblem);
        isClosed = true;
      },
      reopen: () => chain.succession.reopen(current.chain),
      requireRecorded: () => requireAwardsStand(log, chain.tokenContract),
      follow: async () => anchoredIn(chain, await chain.succession.follow()),
    });
    // Recorded before; by an earlier release, which took the work at the end, it may have been cut off ahead of that.
    if (!isClosed) {
      for (const words of (await chain.succession.close(changed.former)).told) onProblem(words);
    }
    return changed;
  } catch (error) {
    const isTold =
      error instanceof ContractsNotChanged ||
      error instanceof TokenUnusable ||
      error instanceof DomainError;
    throw isTold ? new UsageError(error.message) : error;
  } finally {
    await chain.stop();
  }
}

/** An anchor or an award that came behind the statement no audit would forgive. @throws ContractsNotChanged */
async function closeFormer(
  { close }: ContractSuccession,
  former: ContractsOfLog['chain'],
  onProblem: (told: string) => void,
): Promise<void> {
  const { told, workers } = await close(former);
  if (workers.length > 0) {
    throw new ContractsNotChanged(
      `The contracts until now can still be written to: ${told.join(' ')} Have that done, then repeat the command.`,
    );
  }
  for (const words of told) onProblem(words);
}

/** Whatever was awarded in the old contract is paid there, and only there. @throws ContractsNotChanged */
async function requireAwardsStand(
  log: EventStore,
  token: LogContracts['tokenContract'],
): Promise<void> {
  const txHash = await unrecordedAward(log, token);
  if (txHash !== undefined) {
    throw new ContractsNotChanged(
      `The contract ${token.address} holds an award that the log has not recorded (transaction ` +
        `${txHash}): in another contract it would be paid again. Start the platform until it is recorded.`,
    );
  }
  const unpaid = await unpaidForGood(token, wallClock.nowMs());
  if (unpaid === undefined) return;
  throw new ContractsNotChanged(
    `The newest distribution of the contract ${token.address} ${unpaid}: what is not paid there is paid nowhere.`,
  );
}

function anchoredIn(
  { chainId, sending }: Pick<PlatformChain, 'chainId' | 'sending'>,
  { anchorContract, tokenContract, agreementContract }: LogContracts,
): ContractsOfLog {
  return {
    chain: {
      chainId,
      anchorContract: anchorContract.address,
      tokenContract: tokenContract.address,
      agreementContract: agreementContract.address,
    },
    anchors: chainAnchors({
      contract: anchorContract,
      clock: wallClock,
      afterTransaction: sending.sent,
    }),
  };
}

function configOf({ config: file, data }: Pick<ChangeContractsFlags, 'config' | 'data'>): Config {
  const flags = { dataDir: path.resolve(data) };
  return file === undefined
    ? loadConfig({ environment: process.env, flags })
    : loadConfig({ file, environment: process.env });
}
