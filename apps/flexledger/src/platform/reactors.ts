/** The process managers of all platforms, in the order in which they see each event. */
import type { RulePack } from '@flexledger/domain';
import type { OpenedDso } from '@flexledger/dso-technical-platform';
import type { EventStore, Reactor } from '@flexledger/event-store';
import {
  type Agreements,
  type AwardsOfLog,
  type MarketSessions,
  createAgreementCertification,
  createClearingProcess,
  createOfferCarrying,
  createSettlementProcess,
} from '@flexledger/market-platform';
import type { Views } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import type { Census } from '@flexledger/shared-customer-database';
import type { OpenedTso } from '@flexledger/tso-simulator';
import { type AggregatorParts, aggregatorReactors } from './aggregators';
import type { PlatformChain } from './chain';
import type { MarketKnowledge } from './market-knowledge';
import { meteringSource } from './register-adapters';

export interface ReactorParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly views: Views;
  readonly chain: PlatformChain;
  readonly dso: OpenedDso;
  /** Absent where it does not bid by itself. */
  readonly tso: OpenedTso | undefined;
  readonly census: Census;
  readonly sessions: MarketSessions;
  readonly awards: AwardsOfLog;
  readonly agreements: Agreements;
  readonly rules: RulePack;
  readonly knowledge: MarketKnowledge | undefined;
  readonly onProblem: (problem: string) => void;
}

/** The process managers, and what they have to take up again that began before the live sessions. */
export interface PlatformProcesses {
  readonly reactors: readonly Reactor[];
  resume(): Promise<void>;
}

export function platformReactors(parts: ReactorParts): PlatformProcesses {
  const { store, clock, timers, views, chain, dso, tso, sessions, rules } = parts;
  const { awards, knowledge, onProblem } = parts;
  const { documents } = views;
  const clearing = createClearingProcess({ store, sessions, clock, timers });
  const settlement = createSettlementProcess({
    store,
    sessions,
    metering: meteringSource(documents, rules),
    catchUp: async () => {
      await views.runner.catchUp();
    },
    tokens: chain.tokens,
    awards,
    clock,
    timers,
    onError: (sessionId, error) => onProblem(`settlement of ${sessionId}: ${String(error)}`),
  });
  const certification = createAgreementCertification({
    store,
    agreements: parts.agreements,
    ledger: chain.agreements,
    clock,
    timers,
    onError: (error) => onProblem(`certification of agreements: ${String(error)}`),
  });
  // The setpoints are carried once all parties have had their say on an event.
  const [carrying, ...gridProcesses] = [...dso.processors].reverse();
  const reactors = [
    ...gridProcesses.reverse(),
    createOfferCarrying({ sessions, rules }),
    ...(tso?.processors ?? []),
    ...(knowledge ? aggregators(parts, knowledge, settlement.dispute) : []),
    carrying!,
    clearing.reactor,
    settlement.reactor,
    certification.reactor,
  ];
  const resume = async (): Promise<void> => {
    await certification.resume();
    await settlement.resume();
  };
  return { reactors, resume };
}

/** The aggregators that bid by themselves. */
function aggregators(
  parts: ReactorParts,
  { aggregators: known }: MarketKnowledge,
  dispute: AggregatorParts['dispute'],
): Reactor[] {
  const aggregatorParts = { ...parts, documents: parts.views.documents, dispute };
  return known.flatMap((own) => aggregatorReactors(aggregatorParts, own));
}
