/**
 * Tokens are exactly the settlements: each award is the one that was due, mints what the settlements
 * awarded so far come to (with what was given too much carried forward), bears the root of the
 * cumulative distribution, names the settlement's leaf, and stands on the chain as recorded; and there is no
 * token beside them.
 */
import {
  type AwardBookEvent,
  type DueAward,
  type Sha256,
  AWARD_BOOK_TYPES,
  awardDigest,
  createAwardBook,
  fromHex,
  isLastPart,
  netMicroEur,
  toHex,
} from '@flexledger/domain';
import { distributionOf, leafHash } from '@flexledger/merkle-log';
import type { ChainSnapshot, TokenState } from '../chain-snapshot';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Replay } from '../replay';
import { type Findings, NOT_RUN } from '../report';
import type { Scope } from '../scope';

type Started = LoggedOf<'CertifierStarted'>;
type Awarded = LoggedOf<'TokensAwarded'>;
type Published = LoggedOf<'SettlementPublished'>;

/** Awards of one token contract. */
interface ContractAwards {
  readonly namedBy: Started;
  readonly events: Awarded[];
}

/** @param chain why it could not be read, where that is so */
export function createTokenCheck(
  replay: Replay,
  chain: ChainSnapshot | string,
  scope: Scope,
  sha256: Sha256,
  findings: Findings,
): EventCheck {
  const contracts = new Map<string, ContractAwards>();
  const book = createAwardBook();
  /** Net of each session's settlement awarded last. */
  const settledMicroEur = new Map<string, number>();
  /** By digest of the settlement, hex, the leaf of the event with which it was complete when it was awarded. */
  const leaves = new Map<string, string>();
  let mintedMicroEur = 0;
  let current: ContractAwards | undefined;

  function started(event: Started): void {
    const { tokenContract } = event.data;
    current = contracts.get(tokenContract) ?? { namedBy: event, events: [] };
    contracts.set(tokenContract, current);
  }

  function awarded(event: Awarded): void {
    const { sessionId, correction, amountMicroEur } = event.data;
    current?.events.push(event);
    mintedMicroEur += amountMicroEur;
    const settlement = replay.settlement(sessionId).settlements[correction];
    settledMicroEur.set(sessionId, netMicroEur(settlement?.rows ?? []));
    const due = book.due();
    book.take(event);
    if (!scope.settlement(sessionId)) return;
    findings.checked();
    const settled = [...settledMicroEur.values()].reduce((sum, net) => sum + net, 0);
    const fault =
      awardFault(event, due) ??
      sumFault(event, mintedMicroEur, settled) ??
      leafFault(event, leaves.get(digestOf(event)));
    if (fault) findings.fail(event, fault);
  }

  const digestOf = ({ data }: Awarded): string =>
    awardDigest(sha256, data.sessionId, data.correction);

  function computed({ data, hash }: LoggedOf<'SettlementComputed'>): void {
    if (!isLastPart(data.part) || !/^[0-9a-f]{64}$/.test(hash)) return;
    const leaf = toHex(leafHash(sha256, fromHex(hash)));
    leaves.set(awardDigest(sha256, data.sessionId, data.correction), leaf);
  }

  function published(event: Published): void {
    const { sessionId } = event.data;
    if (!scope.settlement(sessionId)) return;
    const isDue = book.due()?.sessionId === sessionId || book.waitsFor(sessionId) !== undefined;
    if (isDue) findings.fail(event, 'it was published before its award');
  }

  return {
    findings,
    types: ['CertifierStarted', 'SettlementPublished', ...AWARD_BOOK_TYPES],
    see(event) {
      if (event.type === 'CertifierStarted') started(event);
      else if (event.type === 'TokensAwarded') awarded(event);
      else if (event.type === 'SettlementPublished') published(event);
      else {
        if (event.type === 'SettlementComputed') computed(event);
        book.take(event as AwardBookEvent);
      }
    },
    end() {
      if (contracts.size === 0)
        findings.fail(undefined, 'the log names no contract (CertifierStarted)');
      for (const [contract, { namedBy, events }] of contracts) {
        const state = typeof chain === 'string' ? chain : chain.tokens.get(contract);
        if (typeof state !== 'object') {
          findings.fail(namedBy, `${NOT_RUN}${state ?? 'the contract was not asked'}`);
          continue;
        }
        compareWithChain(events, namedBy, state, { scope, digestOf, leaves, findings });
        // In the contract in force the next award makes another, with all that was in it.
        if (state.isNewestRejected !== true || contracts.get(contract) === current) continue;
        findings.fail(
          events.at(-1) ?? namedBy,
          `the newest distribution of ${contract}, which the log has gone on from, is rejected: what it gave is paid nowhere`,
        );
      }
    },
  };
}

interface Comparison {
  readonly scope: Scope;
  readonly digestOf: (event: Awarded) => string;
  readonly leaves: ReadonlyMap<string, string>;
  readonly findings: Findings;
}

function compareWithChain(
  events: readonly Awarded[],
  namedBy: Started,
  state: TokenState,
  { scope, digestOf, leaves, findings }: Comparison,
): void {
  for (const event of events) {
    const isWanted = scope.settlement(event.data.sessionId);
    const digest = digestOf(event);
    const fault = isWanted ? chainFault(event, digest, leaves.get(digest), state) : undefined;
    if (fault) findings.fail(event, fault);
  }
  const known = new Set(events.map(digestOf));
  for (const fault of supplyFaults(events, known, state)) {
    findings.fail(events.at(-1) ?? namedBy, fault);
  }
}

function awardFault({ data }: Awarded, due: DueAward | undefined): string | undefined {
  const { sessionId, correction, amountMicroEur, carriedMicroEur = 0, accounts } = data;
  if (due?.sessionId !== sessionId || due.correction !== correction) {
    return `due before it was ${due ? `settlement ${due.correction} of ${due.sessionId}` : 'no award'}`;
  }
  const { cumulative } = due;
  if (amountMicroEur !== due.amountMicroEur || carriedMicroEur !== due.carriedMicroEur) {
    return (
      `it awards ${amountMicroEur} micro-euro and carries ${carriedMicroEur}; ` +
      `due were ${due.amountMicroEur} and ${due.carriedMicroEur}`
    );
  }
  if (accounts !== cumulative.size) {
    return `it counts ${accounts} accounts, the awards so far reach ${cumulative.size}`;
  }
  const { root } = distributionOf(cumulative);
  return root === data.distributionRoot
    ? undefined
    : `the root over all awards so far is ${root}, recorded is ${data.distributionRoot}`;
}

/** Minted = settled + carried (ADR 0007), counted without the book. */
function sumFault({ data }: Awarded, minted: number, settled: number): string | undefined {
  const carried = data.carriedMicroEur ?? 0;
  return minted === settled + carried
    ? undefined
    : `${minted} micro-euro are minted by now, settled are ${settled}, carried ${carried}`;
}

/** That an award of this release names the settlement that it follows from. */
function leafFault({ data }: Awarded, leaf: string | undefined): string | undefined {
  const { settlementLeaf } = data;
  return settlementLeaf === undefined || settlementLeaf === leaf
    ? undefined
    : `it names the settlement with leaf ${settlementLeaf}; that of its session has ${leaf ?? 'none'}`;
}

function chainFault(
  { data }: Awarded,
  digest: string,
  leaf: string | undefined,
  { awards }: TokenState,
): string | undefined {
  const award = awards.find(({ sessionDigestHex }) => sessionDigestHex === digest);
  if (!award) return 'the chain knows no such award';
  const isSame =
    award.root === data.distributionRoot &&
    award.amountMicroEur === BigInt(data.amountMicroEur) &&
    award.txHash === data.txHash &&
    award.blockNumber === data.blockNumber;
  const { settlementLeafHex } = award;
  if (settlementLeafHex !== undefined && settlementLeafHex !== leaf) {
    return `the chain holds it for a settlement with leaf ${settlementLeafHex}; that of its session has ${leaf}`;
  }
  if (isSame) return undefined;
  return (
    `the chain holds it as ${award.amountMicroEur} micro-euro, root ${award.root}, ` +
    `transaction ${award.txHash} in block ${award.blockNumber}`
  );
}

function supplyFaults(
  events: readonly Awarded[],
  known: ReadonlySet<string>,
  state: TokenState,
): string[] {
  const faults = state.awards
    .filter(({ sessionDigestHex }) => !known.has(sessionDigestHex))
    .map(
      ({ txHash }) => `the chain holds an award that the log does not know, transaction ${txHash}`,
    );
  const sum = events.reduce((total, { data }) => total + BigInt(data.amountMicroEur), 0n);
  if (sum !== state.totalSupplyMicroEur) {
    faults.push(`${state.totalSupplyMicroEur} micro-euro are minted, the log awards ${sum}`);
  }
  const last = events.at(-1);
  if (last && last.data.distributionRoot !== state.distributionRoot) {
    faults.push(`the chain's distribution root is ${state.distributionRoot}`);
  }
  return faults;
}
