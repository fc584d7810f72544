/** The market platform, opened over a log: its interface, its processors, its calendar, its ports. */
import { civilDay } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import {
  type MeasurementsPort,
  type OrdersPort,
  type OutcomesPort,
  type RegisterPort,
  type ResultsPort,
  meteringSource,
} from '@flexledger/ports';
import type { Views } from '@flexledger/projections';
import { type Clock, type Timers, ownTimers } from '@flexledger/runtime';
import type { LoadedRulePack, OpenedPlatform } from '@flexledger/service-kit';
import type { LoadSolver } from '@flexledger/solver';
import type { AgreementLedger } from './agreements/agreement-ledger';
import { type Agreements, createAgreements } from './agreements/agreements';
import { createAgreementCertification } from './agreements/certification-process';
import { clearSessionBy } from './clearing/clear-session';
import { createClearingProcess } from './clearing/clearing-process';
import { kpiExclusions } from './kpis/kpi-exclusions';
import { MARKET_POLICY, type MarketPolicy } from './policy';
import { marketPlatformModule } from './market-platform.module';
import { settlementMechanisms } from './mechanisms/mechanisms';
import { changeNotifications } from './notifications/notifications';
import { createOfferCarrying } from './offers/offer-carrying';
import { frontsOfSessions } from './pareto/front-of-session';
import { ordersPort } from './ports/orders';
import { outcomesPort } from './ports/outcomes';
import { resultsPort } from './ports/results';
import { createMarketSessions } from './sessions/market-sessions';
import { adoptRulePack } from './sessions/rule-packs';
import { createRulesOfLog } from './sessions/rules-of-log';
import { type SessionCalendar, createSessionCalendar } from './sessions/session-calendar';
import { createSettlementProcess } from './settlement/settlement-process';
import { soldOnDay } from './settlement/sold-on-day';
import { createAwardsOfLog } from './wallets/awards-of-log';
import type { TokenBalances, TokenLedger } from './wallets/token-ledger';

/** What a market platform stands on. */
export interface MarketPlatformOptions {
  readonly log: EventStore;
  /** Of `marketViews` at least. */
  readonly views: Views;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The pack under which new days are scheduled; sessions keep the one they were scheduled under. */
  readonly rules: LoadedRulePack;
  readonly ports: {
    /**
     * Of the shared customer database. Baselines MUST hold all that the log had when they were asked
     * for: a settlement rests on them.
     */
    readonly register: Pick<RegisterPort, 'lookUp' | 'baselines'>;
    readonly measurements: Pick<MeasurementsPort, 'quarterHours'>;
    readonly tokens: TokenLedger & TokenBalances;
    readonly agreementLedger: AgreementLedger;
  };
  /** Secret from which the salts of settled rows are made, hex; the same as long as the log is the same. */
  readonly saltKey: string;
  /** `MARKET_POLICY` where absent. */
  readonly policy?: MarketPolicy;
  /** HiGHS in this thread where absent. */
  readonly loadSolver?: LoadSolver;
  /** Told of what failed and will be tried again. */
  readonly onProblem: (problem: string) => void;
}

/** A market platform that is open. */
export interface MarketPlatform extends OpenedPlatform {
  /** How the other platforms of this process reach it. */
  readonly ports: {
    readonly orders: OrdersPort;
    readonly outcomes: OutcomesPort;
    readonly results: ResultsPort;
  };
  /** Its calendar; nothing of it is scheduled or armed before it is told to run. */
  readonly calendar: SessionCalendar;
  /** Contracts, for whoever signs many of them at once. */
  readonly agreements: Agreements;
}

/**
 * Opens the market platform over a log and adopts its rule pack.
 *
 * @throws what the log throws
 */
export async function openMarketPlatform(options: MarketPlatformOptions): Promise<MarketPlatform> {
  const { log: store, views, clock, rules, saltKey, onProblem } = options;
  const { policy = MARKET_POLICY } = options;
  const { register, measurements, tokens, agreementLedger } = options.ports;
  const { documents } = views;
  const timers = ownTimers(options.timers);
  const viewsUpToDate = (): Promise<void> => views.caughtUp();

  await adoptRulePack(store, clock, rules);
  const { cachedSessions } = policy;
  const rulesOf = createRulesOfLog(store);
  const sessions = createMarketSessions({ store, clock, register, rulesOf, cachedSessions });
  const awards = createAwardsOfLog(store);
  const agreements = createAgreements({ store, clock });
  const salesOn = async (day: string) => {
    await viewsUpToDate();
    return soldOnDay({ sessions, documents }, day);
  };
  const settlement = createSettlementProcess({
    store,
    sessions,
    rulesOf,
    metering: meteringSource({ register, measurements, salesOn }, rules.rulePack.timeZone),
    tokens,
    awards,
    saltKey,
    clock,
    timers,
    retryMinutes: policy.settlementRetryMinutes,
    onError: (sessionId, error) => onProblem(`settlement of ${sessionId}: ${String(error)}`),
  });
  const certification = createAgreementCertification({
    store,
    agreements,
    ledger: agreementLedger,
    clock,
    timers,
    retryMinutes: policy.certificationRetryMinutes,
    onError: (error) => onProblem(`certification of agreements: ${String(error)}`),
  });
  const orders = ordersPort(sessions);
  const outcomes = outcomesPort(sessions);
  const { dispute } = settlement;
  const results = resultsPort({ sessions, documents, viewsUpToDate, dispute });
  const calendar = createSessionCalendar({ sessions, rulesOf, clock, timers, rules });
  const services = {
    sessions,
    calendar,
    orders,
    outcomes,
    results,
    documents,
    tokens,
    awards,
    agreements,
    handleMechanism: settlementMechanisms({ store, clock }),
    excludeFromKpis: kpiExclusions({ store, clock }),
    today: () => civilDay(clock.nowMs(), rules.rulePack.timeZone),
    changeNotifications: changeNotifications({ store, clock }),
    settle: settlement.settleOnDemand,
    frontOf: frontsOfSessions(sessions, rulesOf),
    objectives: policy.objectives,
    agreementContract: agreementLedger.address,
  };
  return {
    http: marketPlatformModule(services),
    processors: [
      createOfferCarrying({ sessions, clock }),
      createClearingProcess({
        ...{ sessions, rulesOf, clock, timers },
        ...(options.loadSolver && { clear: clearSessionBy(options.loadSolver) }),
      }).processor,
      settlement.processor,
      certification,
    ],
    close: async () => timers.close(),
    ports: { orders, outcomes, results },
    calendar,
    agreements,
  };
}
