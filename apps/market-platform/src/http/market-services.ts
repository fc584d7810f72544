import type {
  CommandContext,
  KpiExclusionChanged,
  NotificationWish,
  ObjectiveFunction,
} from '@flexledger/domain';
import type { OrdersPort, OutcomesPort, ResultsPort } from '@flexledger/ports';
import type { DocumentStore } from '@flexledger/projections';
import type { Agreements } from '../agreements/agreements';
import type { MarketSessions } from '../sessions/market-sessions';
import type { HandleMechanism } from '../mechanisms/mechanisms';
import type { FrontsOfSessions } from '../pareto/front-of-session';
import type { SessionCalendar } from '../sessions/session-calendar';
import type { AwardsOfLog } from '../wallets/awards-of-log';
import type { TokenBalances } from '../wallets/token-ledger';

/** What the market's HTTP interface stands on. */
export interface MarketServices {
  readonly sessions: MarketSessions;
  readonly calendar: SessionCalendar;
  readonly orders: OrdersPort;
  readonly outcomes: OutcomesPort;
  readonly results: ResultsPort;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  readonly tokens: TokenBalances;
  readonly awards: AwardsOfLog;
  readonly agreements: Agreements;
  /** Offers and withdraws settlement mechanisms. @throws DomainError */
  readonly handleMechanism: HandleMechanism;
  /** Leaves a PoD out of KPI_IT_02, or takes it in again. @throws DomainError */
  readonly excludeFromKpis: (
    wanted: KpiExclusionChanged['data'],
    context: CommandContext,
  ) => Promise<void>;
  /** The civil day it is in the market's zone. */
  readonly today: () => string;
  /** Records up to when a customer has read its notifications, or what it wants to be told of. @throws DomainError */
  readonly changeNotifications: (wish: NotificationWish, context: CommandContext) => Promise<void>;
  /** Settles a session now, or corrects its settlement by what is measured since. @throws DomainError */
  readonly settle: (sessionId: string) => Promise<void>;
  /** What a cleared session could have chosen. @throws DomainError */
  readonly frontOf: FrontsOfSessions;
  /** What fronts trade off where who asks does not say it. */
  readonly objectives: readonly ObjectiveFunction[];
  /** Of the contract that certifies agreements. */
  readonly agreementContract: string;
}

/** Under which Nest finds the `MarketServices`. */
export const MARKET = Symbol('market services');
