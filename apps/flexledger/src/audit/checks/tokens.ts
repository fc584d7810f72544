/**
 * Tokens are exactly the settlements: each award has the sum of its settlement and the root of the
 * cumulative distribution over all sessions so far, each stands on the chain as recorded, and there
 * is no token beside them.
 */
import { buildDistribution } from '@flexledger/contracts';
import { addAwards, netMicroEur } from '@flexledger/domain';
import { awardDigest } from '../../platform/chain';
import type { ChainSnapshot, TokenState } from '../chain-snapshot';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Replay } from '../replay';
import type { Findings } from '../report';
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
  findings: Findings,
): EventCheck {
  const contracts = new Map<string, ContractAwards>();
  const byWallet = new Map<string, ReadonlyMap<string, number>>();
  const awardedMicroEur = new Map<string, number>();
  let current: ContractAwards | undefined;

  function started(event: Started): void {
    const { tokenContract } = event.data;
    current = contracts.get(tokenContract) ?? { namedBy: event, events: [] };
    contracts.set(tokenContract, current);
  }

  function awarded(event: Awarded): void {
    const { sessionId, correction, amountMicroEur } = event.data;
    awardedMicroEur.set(`${sessionId}/${correction}`, amountMicroEur);
    const settlement = replay.settlement(sessionId).settlements[correction];
    const rows = settlement?.complete ? settlement.rows : [];
    byWallet.set(sessionId, addAwards(new Map(), rows, replay.walletsOf));
    current?.events.push(event);
    if (!scope.settlement(sessionId)) return;
    findings.checked();
    const fault = awardFault(event, netMicroEur(rows), cumulativeOf(byWallet));
    if (fault) findings.fail(event, fault);
  }

  function published({ data }: Published): string | undefined {
    const { sessionId, correction, netMicroEur: net } = data;
    const amount = awardedMicroEur.get(`${sessionId}/${correction}`) ?? 0;
    return amount === net ? undefined : `it settles ${net} micro-euro, awarded were ${amount}`;
  }

  function compareWithChain(contract: string, { namedBy, events }: ContractAwards): void {
    const state = typeof chain === 'string' ? `not run: ${chain}` : chain.tokens.get(contract);
    if (state === undefined || typeof state === 'string') {
      findings.fail(namedBy, state ?? `contract ${contract} was not asked`);
      return;
    }
    const scoped = events.filter(({ data }) => scope.settlement(data.sessionId));
    for (const event of scoped) {
      const fault = chainFault(event, state);
      if (fault) findings.fail(event, fault);
    }
    for (const fault of supplyFaults(events, state)) findings.fail(events.at(-1) ?? namedBy, fault);
  }

  return {
    findings,
    types: ['CertifierStarted', 'TokensAwarded', 'SettlementPublished'],
    see(event) {
      if (event.type === 'CertifierStarted') return started(event);
      if (event.type === 'TokensAwarded') return awarded(event);
      const fault = published(event as Published);
      if (fault && scope.settlement((event as Published).data.sessionId))
        findings.fail(event, fault);
    },
    end() {
      if (contracts.size === 0)
        findings.fail(undefined, 'the log names no contract (CertifierStarted)');
      for (const [contract, awards] of contracts) compareWithChain(contract, awards);
    },
  };
}

function awardFault(
  { data }: Awarded,
  settledMicroEur: number,
  cumulative: ReadonlyMap<string, number>,
): string | undefined {
  const { amountMicroEur, accounts, distributionRoot } = data;
  if (amountMicroEur !== settledMicroEur) {
    return `it awards ${amountMicroEur} micro-euro, its settlement comes to ${settledMicroEur}`;
  }
  if (accounts !== cumulative.size) {
    return `it counts ${accounts} accounts, the awards so far reach ${cumulative.size}`;
  }
  const entries = [...cumulative].map(([account, microEur]) => ({
    account,
    cumulativeMicroEur: BigInt(microEur),
  }));
  const { root } = buildDistribution(entries);
  return root === distributionRoot
    ? undefined
    : `the root over all awards so far is ${root}, recorded is ${distributionRoot}`;
}

/** Micro-euro by wallet over all sessions. */
function cumulativeOf(
  sessions: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Map<string, number> {
  const cumulative = new Map<string, number>();
  for (const wallets of sessions.values()) {
    for (const [wallet, microEur] of wallets) {
      cumulative.set(wallet, (cumulative.get(wallet) ?? 0) + microEur);
    }
  }
  return cumulative;
}

function chainFault({ data }: Awarded, { awards }: TokenState): string | undefined {
  const digest = awardDigest(data.sessionId, data.correction);
  const award = awards.find(({ sessionDigestHex }) => sessionDigestHex === digest);
  if (!award) return 'the chain knows no such award';
  const isSame =
    award.root === data.distributionRoot &&
    award.amountMicroEur === BigInt(data.amountMicroEur) &&
    award.txHash === data.txHash &&
    award.blockNumber === data.blockNumber;
  if (isSame) return undefined;
  return (
    `the chain holds it as ${award.amountMicroEur} micro-euro, root ${award.root}, ` +
    `transaction ${award.txHash} in block ${award.blockNumber}`
  );
}

function supplyFaults(events: readonly Awarded[], state: TokenState): string[] {
  const known = new Set(events.map(({ data }) => awardDigest(data.sessionId, data.correction)));
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
