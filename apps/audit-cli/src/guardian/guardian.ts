/**
 * A guardian at work: whoever audits and is not the operator, with a key of its own. What it acts on is what its
 * trust file pins: another chain, or other contracts, are refused before anything is sent.
 */
import type { TrustPolicy } from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import {
  type Chain,
  type Challengeable,
  ChainRefused,
  type ChainSigner,
  type RejectableAnchor,
  type Stoppable,
  type TransactionReceipt,
  codeHashAt,
  connectChain,
  eventLogAnchorAt,
  flexTokenAt,
  readChallengeable,
  readDuties,
  readRejectableAnchors,
  stoppableAt,
} from '@flexledger/contracts';
import { isoFromMs, messageOf } from '@flexledger/runtime';

/** Which of the log's contracts. */
export const GUARDED = ['token', 'anchor', 'agreement', 'access'] as const;
/** One of `GUARDED`. */
export type Guarded = (typeof GUARDED)[number];

/** Where a guardian acts. */
export interface GuardianOptions {
  readonly trust: TrustPolicy;
  readonly rpcUrl: string;
  /** Of the guardian's account, 0x-prefixed hex, or who signs for it. */
  readonly privateKey: string | ChainSigner;
}

/** A contract as a guardian sees it. */
export interface GuardedState {
  readonly contract: Guarded;
  /** Like `FlexToken`. */
  readonly name: string;
  readonly address: string;
  readonly isPaused: boolean;
  readonly guardians: readonly string[];
  readonly admin: string | null;
}

/** What was done, in words for people, and the transaction that did it. */
export interface Done {
  readonly told: readonly string[];
  readonly txHash: string;
  readonly blockNumber: number;
}

/** Of a block on a public chain, waiting for it included. */
const TIMEOUT_MS = 120_000;
/** Nothing is signed with it. */
const NO_ACCOUNT = `0x${'1'.padStart(64, '0')}`;

/**
 * The contracts that can be stopped, and the distributions and anchors that can still be rejected (null of a contract of
 * an earlier release, which tells or rejects none).
 *
 * @throws UsageError where the chain or a contract is not the one that is trusted
 * @throws ChainUnavailable
 */
export async function guardedNow(options: Omit<GuardianOptions, 'privateKey'>) {
  const { trust } = options;
  const chain = await trustedChain({ ...options, privateKey: NO_ACCOUNT });
  const contracts: GuardedState[] = [];
  for (const contract of GUARDED) {
    if (trustedAddress(trust, contract) === undefined) continue;
    const found = await stoppable(chain, trust, contract);
    if (!found) continue;
    const duties = await readDuties(chain, found.address);
    contracts.push({
      contract,
      name: found.name,
      address: found.address,
      isPaused: await found.isPaused(),
      guardians: duties?.guardians ?? [],
      admin: duties?.admin ?? null,
    });
  }
  const { address } = trust.chain.anchorContract;
  const anchors = (await readRejectableAnchors(chain, address)) ?? null;
  return { contracts, challengeable: await challengeable(chain, trust), anchors };
}

/**
 * Stops a contract.
 *
 * @throws UsageError where the account is no guardian of it, it is stopped already, or it is not the one that is trusted
 * @throws ChainRefused, ChainUnavailable
 */
export async function pause(options: GuardianOptions, contract: Guarded): Promise<Done> {
  const { chain, found } = await asGuardian(options, contract);
  if (await found.isPaused()) throw new UsageError(`${nameOf(found)} is paused already.`);
  const told = [
    `${nameOf(found)} is paused; its admin alone lets it go on ("flexledger guardian unpause").`,
    ...(contract === 'token'
      ? [
          'A pause does not stop the hour: what is not rejected becomes claimable while it lasts ("flexledger guardian reject").',
        ]
      : []),
  ];
  return done(await refusal(chain, () => found.pause()), told);
}

/**
 * Lets a contract go on, for its admin.
 *
 * @throws UsageError where the account is not its admin, it is not stopped, or it is not the one that is trusted
 * @throws ChainRefused, ChainUnavailable
 */
export async function unpause(options: GuardianOptions, contract: Guarded): Promise<Done> {
  const chain = await trustedChain(options);
  const found = await required(chain, options.trust, contract);
  const duties = await readDuties(chain, found.address);
  if (duties && !isSame(duties.admin, chain.senderAddress)) {
    throw new UsageError(
      `${chain.senderAddress} is not the admin of ${nameOf(found)}: ${duties.admin} is, and alone lets it go on.`,
    );
  }
  if (!(await found.isPaused())) throw new UsageError(`${nameOf(found)} is not paused.`);
  return done(await refusal(chain, () => found.unpause()), [`${nameOf(found)} goes on.`]);
}

/**
 * Rejects distributions of the token within their hour.
 *
 * @param range places from 0; all that can still be rejected where absent
 * @throws UsageError where the account is no guardian, or nothing there can be rejected any more
 * @throws ChainRefused, ChainUnavailable
 */
export async function rejectDistributions(
  options: GuardianOptions,
  range: { readonly first: number; readonly last: number } | undefined,
): Promise<Done> {
  const { chain, found } = await asGuardian(options, 'token');
  const open = await challengeable(chain, options.trust);
  const inRange = open?.filter(
    ({ index }) => !range || (range.first <= index && index <= range.last),
  );
  if (!range && !open) {
    throw new UsageError(
      `${nameOf(found)} is of an earlier release and tells no distributions: name one by --first.`,
    );
  }
  if (inRange?.length === 0) {
    const others = open?.map(({ index }) => index).join(', ') || 'none';
    throw new UsageError(
      `None of these distributions can be rejected any more: their hour is over, or they were rejected before; open are ${others}.`,
    );
  }
  // The contract begins at one that stands.
  const first = inRange?.[0]?.index ?? range!.first;
  const last = inRange?.at(-1)?.index ?? range!.last;
  const token = await flexTokenAt(chain, found.address);
  const receipt = await refusal(chain, () => token.reject(first, last));
  const rejected = inRange ?? [];
  return done(receipt, [
    ...rejected.map(
      ({ index, root, sessionDigestHex }) =>
        `Distribution ${index} of ${nameOf(found)} is rejected: root ${root}, settlement ${sessionDigestHex}.`,
    ),
    ...(rejected.length === 0 ? [`Distribution ${first} of ${nameOf(found)} is rejected.`] : []),
    'Nobody is paid by it, for ever; what earlier distributions gave stays, and the next award makes another.',
  ]);
}

/**
 * Rejects the anchors from one on, within their day.
 *
 * @throws UsageError where the account is no guardian
 * @throws ChainRefused `NotRejectable`, `NoSuchAnchor`, and ChainUnavailable
 */
export async function rejectAnchors(options: GuardianOptions, first: number): Promise<Done> {
  const { chain, found } = await asGuardian(options, 'anchor');
  const anchor = await eventLogAnchorAt(chain, found.address);
  const receipt = await refusal(chain, () => anchor.reject(first));
  const latest = await anchor.latest();
  return done(receipt, [
    `The anchors of ${nameOf(found)} from ${first} on are rejected: they prove nothing.`,
    latest === undefined
      ? 'No anchor stands.'
      : `The last one that stands is of ${latest.size} events.`,
  ]);
}

async function asGuardian(
  options: GuardianOptions,
  contract: Guarded,
): Promise<{ readonly chain: Chain; readonly found: Stoppable }> {
  const chain = await trustedChain(options);
  const found = await required(chain, options.trust, contract);
  const duties = await readDuties(chain, found.address);
  const holders = duties?.guardians ?? [];
  if (!holders.some((holder) => isSame(holder, chain.senderAddress))) {
    const named = holders.length === 0 ? 'it has none' : `that is ${holders.join(', ')}`;
    throw new UsageError(
      `${chain.senderAddress} is no guardian of ${nameOf(found)}: ${named}. Its admin names one (chain.guardian), a day ahead.`,
    );
  }
  return { chain, found };
}

/** The chain that is trusted, at an address that anyone may have given. */
async function trustedChain({ trust, rpcUrl, privateKey }: GuardianOptions): Promise<Chain> {
  const chain = await connectChain({ rpcUrl, privateKey, timeoutMs: TIMEOUT_MS });
  const { chainId, genesisHash } = trust.chain;
  if (Number(chain.chainId) !== chainId || (await chain.genesisHash()) !== genesisHash) {
    throw new UsageError(
      `The chain at this address is ${chain.chainId}, and not the one that the trust file pins, ${chainId} with block 0 ${genesisHash}; nothing was sent.`,
    );
  }
  return chain;
}

function trustedAddress({ chain }: TrustPolicy, contract: Guarded) {
  return {
    token: chain.tokenContract,
    anchor: chain.anchorContract,
    agreement: chain.agreementContract,
    access: chain.accessContract,
  }[contract];
}

/** @returns undefined where the contract cannot be stopped @throws UsageError where it is not the trusted one */
async function stoppable(
  chain: Chain,
  trust: TrustPolicy,
  contract: Guarded,
): Promise<Stoppable | undefined> {
  const trusted = trustedAddress(trust, contract);
  if (!trusted) {
    throw new UsageError(`The trust file names no contract for "${contract}"; export it anew.`);
  }
  if ((await codeHashAt(chain, trusted.address)) !== trusted.codeHash) {
    throw new UsageError(
      `The code at ${trusted.address} is not that of the ${contract} contract that the trust file pins; nothing was sent.`,
    );
  }
  return stoppableAt(chain, trusted.address);
}

async function required(chain: Chain, trust: TrustPolicy, contract: Guarded): Promise<Stoppable> {
  const found = await stoppable(chain, trust, contract);
  if (found) return found;
  throw new UsageError(
    `The ${contract} contract is of release 0.1.0, has no guardian, and cannot be stopped.`,
  );
}

async function challengeable(chain: Chain, trust: TrustPolicy): Promise<Challengeable[] | null> {
  try {
    return await readChallengeable(chain, trust.chain.tokenContract.address);
  } catch (error) {
    if (error instanceof ChainRefused) return null;
    throw error;
  }
}

/** What the chain refuses, with who was refused. */
async function refusal(
  { senderAddress }: Chain,
  send: () => Promise<TransactionReceipt>,
): Promise<TransactionReceipt> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ChainRefused)) throw error;
    throw new UsageError(
      `${messageOf(error)}. The account ${senderAddress} pays for its transactions itself.`,
    );
  }
}

const done = ({ txHash, blockNumber }: TransactionReceipt, told: readonly string[]): Done => ({
  told,
  txHash,
  blockNumber,
});

const nameOf = ({ name, address }: Stoppable): string => `${name} ${address}`;
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** An anchor that is open, for people. */
export function anchorText({ index, size, rootHex, untilS }: RejectableAnchor): string {
  return `${index}: ${size} events, root ${rootHex}, can be rejected until ${isoFromMs(untilS * 1_000)} by the chain's time`;
}

/** A distribution that is open, for people. */
export function distributionText({ index, root, claimableAtS }: Challengeable): string {
  return `${index}: root ${root}, can be rejected until ${isoFromMs(claimableAtS * 1_000)} by the chain's time`;
}
