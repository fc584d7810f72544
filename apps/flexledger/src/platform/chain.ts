/**
 * The chain of a data folder and the log's contracts on it. The embedded chain runs in the process of
 * the certifier, behind a door for the operator's other processes; any other chain is an RPC address.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  type Anvil,
  CHAIN_USER,
  ChainUnavailable,
  type Chain,
  type ChainOptions,
  type DataAccess,
  type EventLogAnchor,
  type FlexToken,
  type FlexibilityAgreement,
  type NodeTrouble,
  connectChain,
  dataAccessAt,
  deployDataAccess,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  eventLogAnchorAt,
  flexTokenAt,
  flexibilityAgreementAt,
  openChainGate,
  severalNodes,
  startAnvil,
  superviseAnvil,
  chainFile,
} from '@flexledger/contracts';
import {
  type CertificationEvent,
  type DataAccessBatchEvent,
  DATA_ACCESS_BATCHES_STREAM,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { sha256Hex } from '@flexledger/identity';
import type { Sending } from '@flexledger/market-platform';
import { type Clock, isoFromMs, sleep } from '@flexledger/runtime';
import { computeAddress } from 'ethers';
import { takeChain } from './chain-guard';
import {
  type ContractDuties,
  type DutySetting,
  assignAll,
  closedContract,
  dutiesOf,
} from './contract-duties';
import { type ContractSuccession, contractSuccession } from './contract-succession';
import { DataFolderIncomplete } from './data-folder';
import type { PlatformKeys } from './keys';
import { restoreChain } from './restore-chain';

/** The contracts that a log names. */
export interface LogContracts {
  readonly anchorContract: EventLogAnchor;
  readonly tokenContract: FlexToken;
  readonly agreementContract: FlexibilityAgreement;
  /** Those before them that the log has named, the oldest first: what is in them stays to be claimed, and ended. */
  readonly former: {
    /** Addresses: nothing is anchored there any more. */
    readonly anchorContracts: readonly string[];
    readonly tokenContracts: readonly FlexToken[];
    readonly agreementContracts: readonly FlexibilityAgreement[];
  };
  /** The one that grants of data are recorded in, which is deployed when there are first any. */
  readonly dataAccess: DataAccessOnChain;
}

/** Where grants of data are recorded. */
export interface DataAccessOnChain {
  /** The contract that the log names; undefined before the first grant was recorded. */
  named(): Promise<string | undefined>;
  at(address: string): Promise<DataAccess>;
  /** By the account that anchors, with the duties of the other contracts. */
  deploy(): ReturnType<typeof deployDataAccess>;
  /** Whether there is a contract at an address. */
  isThere(address: string): Promise<boolean>;
}

export interface PlatformChain extends LogContracts {
  readonly chainId: number;
  /** Who has which duty in the contracts; of one of release 0.1.0, which has no roles, nothing. */
  readonly duties: ContractDuties;
  /** Where grants of data are recorded, as the log had it when the chain was opened; none before the first. */
  readonly accessContract: string | undefined;
  /** How other contracts take the place of these; this process goes on with these until it starts anew. */
  readonly succession: ContractSuccession;
  /** How transactions go to this chain. */
  readonly sending: Sending;
  /** Rejects while it does not answer, with the reason. */
  check(): Promise<void>;
  /** What of it does not work although it answers, in words for people. */
  degraded(): readonly string[];
  stop(): Promise<void>;
}

export interface ChainSetting {
  readonly dataDir: string;
  readonly keys: PlatformKeys;
  readonly log: EventStore;
  readonly clock: Clock;
  readonly duties: DutySetting;
}

const TIMEOUT_MS = 10_000;
/** How often contracts are looked for that another process is about to deploy. */
const LOOK_EVERY_MS = 200;
/** Who waits for longer says so: the other process may not be meant to start at all. */
const TELL_AFTER_MS = 5_000;

type Started = Extract<CertificationEvent, { type: 'CertifierStarted' }>['data'];

/** Contracts named in the log last, if any were. */
export async function recordedContracts(log: EventStore): Promise<Started | undefined> {
  return (await namedContracts(log)).at(-1);
}

/** Contracts that the log has named one after another. */
async function namedContracts(log: EventStore): Promise<readonly Started[]> {
  const named: Started[] = [];
  for await (const event of log.readAll({ filter: { types: ['CertifierStarted'] } })) {
    named.push(event.data as Started);
  }
  return named;
}

/** The contract of grants that the log names, if any. */
async function recordedDataAccess(log: EventStore): Promise<string | undefined> {
  for await (const event of log.readStream(DATA_ACCESS_BATCHES_STREAM)) {
    const { type, data } = event as unknown as DataAccessBatchEvent;
    if (type === 'DataAccessContractNamed') return data.contract;
  }
  return undefined;
}

/** How the embedded chain runs in this process. */
export interface HostOptions {
  readonly gatePort?: number;
  readonly isLasting: boolean;
  readonly onProblem: (problem: string) => void;
}

/**
 * Starts the embedded chain and opens the log's contracts on it, deploying them for a new log.
 *
 * @param gatePort where the operator's other processes reach it, 0 = any; none of them where absent
 * @param isLasting saves it after every transaction, and starts it again when its process ends, so that
 *   a kill loses nothing
 * @param onProblem told of ends and new starts, and of what is sent again
 * @throws ChainInUse, AnvilError, ChainUnavailable, ChainRefused
 */
export async function hostChain(
  setting: ChainSetting,
  { gatePort, isLasting, onProblem }: HostOptions,
): Promise<PlatformChain> {
  const { dataDir, keys, clock, log } = setting;
  const closers = [async () => giveFree()];
  const giveFree = takeChain(dataDir);
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    if (!existsSync(chainFile(dataDir)) && (await recordedContracts(log))) {
      throw new DataFolderIncomplete(
        dataDir,
        path.basename(chainFile(dataDir)),
        'the log names contracts on that chain',
      );
    }
    let restore = async (): Promise<void> => {};
    const anvilOptions = {
      stateFile: chainFile(dataDir),
      genesisTimestampS: Math.floor(clock.nowMs() / 1_000),
      fundedAddresses: funded(setting),
    };
    const supervised = isLasting
      ? await superviseAnvil(anvilOptions, { onProblem, onRestarted: () => restore() })
      : undefined;
    const anvil = supervised ?? (await startAnvil(anvilOptions));
    closers.push(() => anvil.stop());
    const { rpcUrl } = anvil;
    const chains = await connected(setting, { rpcUrl, ownDevelopmentChain: true });
    const contracts = await contractsOf(chains, setting, anvil);
    await assignAll(chains.own, contracts, setting, onProblem);
    const duties = await dutiesOf(chains.own, contracts);
    const closed = closedContract(contracts, duties);
    if (closed !== undefined) onProblem(closed);
    const save = async (): Promise<void> => {
      if (isLasting) await anvil.saveState();
    };
    const sent = sending(clock, save);
    restore = () => restoreChain({ log, contracts, sending: sent, onProblem });
    await restore();
    if (gatePort !== undefined) {
      const gate = await openChainGate({ anvil, port: gatePort, token: gateToken(keys) });
      closers.push(() => gate.close());
    }
    const check = async (): Promise<void> => {
      supervised?.check();
      await contracts.anchorContract.latest();
    };
    const chainId = Number(chains.own.chainId);
    const accessContract = await contracts.dataAccess.named();
    const follow = (): Promise<LogContracts> => contractsOf(chains, setting, anvil);
    const succession = contractSuccession(chains.own, setting, follow, anvil);
    return {
      ...contracts,
      chainId,
      duties,
      accessContract,
      succession,
      sending: sent,
      check,
      degraded: () => [],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Connects to a chain that runs elsewhere. Where this process does not deploy the log's contracts, it
 * waits until another one has.
 *
 * @param where.rpcUrls of nodes of any chain; where absent the embedded one of this data folder, in another process
 * @param onWaiting told once when the waiting is long, of what is waited for
 * @throws ChainUnavailable when a chain elsewhere does not answer in time; the signal's reason when that
 *   aborts
 */
export async function joinChain(
  setting: ChainSetting,
  where: {
    readonly rpcUrls?: readonly [string, ...string[]];
    readonly gatePort: number;
    readonly deploys: boolean;
  },
  signal: AbortSignal,
  onWaiting: (waiting: string) => void,
): Promise<PlatformChain> {
  const ready = new AbortController();
  const port =
    where.rpcUrls === undefined ? `, whose chain is looked for at port ${where.gatePort}` : '';
  void sleep(TELL_AFTER_MS, AbortSignal.any([ready.signal, signal])).then(() => {
    if (ready.signal.aborted || signal.aborted) return;
    onWaiting(`Waiting for the certifier of ${setting.dataDir}${port}: nothing is served before.`);
  });
  try {
    return await joined(setting, where, signal, onWaiting);
  } finally {
    ready.abort();
  }
}

async function joined(
  setting: ChainSetting,
  where: Parameters<typeof joinChain>[1],
  signal: AbortSignal,
  onProblem: (problem: string) => void,
): Promise<PlatformChain> {
  const { keys, clock } = setting;
  const { gatePort, deploys, rpcUrls = [] } = where;
  const gateUrl = `http://${CHAIN_USER}:${gateToken(keys)}@127.0.0.1:${gatePort}`;
  if (!deploys) await untilContractsAreNamed(setting.log, signal);
  const [rpcUrl = gateUrl] = rpcUrls;
  const ownDevelopmentChain = rpcUrls.length === 0;
  // By one alone, what it says of a failure is told as it is.
  const nodes = rpcUrls.length > 1 ? severalNodes(rpcUrls, { clock, onProblem }) : undefined;
  const connect = (): Promise<Chains> =>
    connected(setting, { rpcUrl: nodes ?? rpcUrl, ownDevelopmentChain });
  // The process that runs the embedded chain may be starting too.
  const chains = ownDevelopmentChain ? await whenThere(connect, signal) : await connect();
  const contracts = await contractsOf(chains, setting, undefined);
  if (deploys) await assignAll(chains.own, contracts, setting, onProblem);
  const duties = await dutiesOf(chains.own, contracts);
  const closed = closedContract(contracts, duties);
  if (deploys && closed !== undefined) onProblem(closed);
  const sent = async (): Promise<void> => {};
  const follow = (): Promise<LogContracts> => contractsOf(chains, setting, undefined);
  return {
    ...contracts,
    chainId: Number(chains.own.chainId),
    duties,
    accessContract: await contracts.dataAccess.named(),
    succession: contractSuccession(chains.own, setting, follow, undefined),
    sending: sending(clock, sent),
    check: async () => void (await contracts.anchorContract.latest()),
    degraded: () => nodes?.troubles().map(troubleText) ?? [],
    stop: async () => {},
  };
}

/** Tries until the chain answers. @throws the signal's reason when it aborts before */
async function whenThere<Answer>(
  connect: () => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (!(error instanceof ChainUnavailable)) throw error;
      signal.throwIfAborted();
      await sleep(LOOK_EVERY_MS, signal);
    }
  }
}

const troubleText = ({ url, reason, sinceMs }: NodeTrouble): string =>
  `chain: its node ${url} is not asked since ${isoFromMs(sinceMs)}: ${reason}`;

async function untilContractsAreNamed(log: EventStore, signal: AbortSignal): Promise<void> {
  while (!(await recordedContracts(log))?.agreementContract) {
    signal.throwIfAborted();
    await sleep(LOOK_EVERY_MS, signal);
  }
}

/** One chain by the accounts that write to it; often one account. */
interface Chains {
  /** Anchors, and deploys. */
  readonly own: Chain;
  /** Awards, and certifies agreements. */
  readonly market: Chain;
}

async function connected(
  { keys, duties: { marketKey } }: ChainSetting,
  where: Pick<ChainOptions, 'rpcUrl'> & { readonly ownDevelopmentChain: boolean },
): Promise<Chains> {
  const as = (privateKey: string): Promise<Chain> =>
    connectChain({ ...where, privateKey, timeoutMs: TIMEOUT_MS });
  const own = await as(privateKeyOf(keys));
  return { own, market: marketKey === undefined ? own : await as(`0x${marketKey}`) };
}

/** Accounts of the embedded chain that may have something to send. */
function funded({ keys, duties: { admin, guardian, marketAccount } }: ChainSetting): string[] {
  const others = [admin, guardian, marketAccount].filter((one) => one !== undefined);
  return [...new Set([computeAddress(privateKeyOf(keys)), ...others])];
}

/** The contracts that the log names; deployed where it names none. */
async function contractsOf(
  { own, market }: Chains,
  { log, clock, duties: { admin, guardian, marketAccount } }: ChainSetting,
  anvil: Pick<Anvil, 'saveState'> | undefined,
): Promise<LogContracts> {
  const options = { blockTimeMs: clock.nowMs(), admin, guardian };
  const ofMarket = { ...options, worker: marketAccount };
  const named = await namedContracts(log);
  const known = named.at(-1);
  const before = (name: 'anchorContract' | 'tokenContract' | 'agreementContract'): string[] => {
    const addresses = named.flatMap((one) => one[name] ?? []);
    return [...new Set(addresses)].filter((address) => address !== known?.[name]);
  };
  const anchorContract = known
    ? await eventLogAnchorAt(own, known.anchorContract)
    : await deployEventLogAnchor(own, options);
  const token = known?.tokenContract ?? (await deployFlexToken(own, ofMarket)).address;
  const agreement =
    known?.agreementContract ?? (await deployFlexibilityAgreement(own, ofMarket)).address;
  // The log is about to name these contracts: from now on the chain must not be without them.
  if (!known?.agreementContract) await anvil?.saveState();
  return {
    anchorContract,
    tokenContract: await flexTokenAt(market, token),
    agreementContract: await flexibilityAgreementAt(market, agreement),
    former: {
      anchorContracts: before('anchorContract'),
      tokenContracts: await each(before('tokenContract'), (at) => flexTokenAt(market, at)),
      agreementContracts: await each(before('agreementContract'), (at) =>
        flexibilityAgreementAt(market, at),
      ),
    },
    dataAccess: {
      named: () => recordedDataAccess(log),
      at: (address) => dataAccessAt(own, address),
      deploy: () => deployDataAccess(own, { blockTimeMs: clock.nowMs(), admin, guardian }),
      isThere: async (address) => (await own.codeAt(address)) !== '0x',
    },
  };
}

async function each<Contract>(
  addresses: readonly string[],
  open: (address: string) => Promise<Contract>,
): Promise<Contract[]> {
  const opened: Contract[] = [];
  for (const address of addresses) opened.push(await open(address));
  return opened;
}

const sending = (clock: Clock, sent: () => Promise<void>): Sending => ({
  transaction: () => ({ blockTimeMs: clock.nowMs() }),
  sent,
});

const privateKeyOf = (keys: PlatformKeys): string => `0x${keys.chainKey}`;

/** Only who can read the folder's keys can make it. */
const gateToken = (keys: PlatformKeys): string => sha256Hex(`${keys.chainKey}/chain gate`);
