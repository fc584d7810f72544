/**
 * Flows 0, 0a and 0b: the register of PoDs, kept by the shared customer database. Aggregators register
 * their customers and change them, the DSO says where they hang, market and system operators ask.
 */
import type {
  AgreementStatus,
  DeclaredFlexibility,
  DomainError,
  MarketPod,
  PodCommand,
  PodDetails,
  ServiceStandings,
} from '@flexledger/domain';

/** Who sends a list of commands, and under which name. */
export interface RegisterRequest {
  /** Names the list; the same list under the same name is carried out once. */
  readonly requestId: string;
  /** The same list may be meant again under its name: it is decided each time by what stands then. */
  readonly mayRecur?: true;
  /** `aggregator:AGG1`, `dso`. */
  readonly actor: string;
}

/** What became of one command. */
export type RegisterAnswer =
  | {
      readonly podId: string;
      readonly accepted: true;
      /** False when the register was so already. */
      readonly changed: boolean;
    }
  | { readonly podId: string; readonly accepted: false; readonly error: DomainError };

/** A PoD as the register tells other platforms. */
export interface RegisteredPod {
  readonly podId: string;
  readonly status: 'unknown' | 'registered' | 'unregistered';
  readonly aggregatorId: string | null;
  /** Grid, bus and primary substation; null until the DSO has located the PoD. */
  readonly gridId: string | null;
  readonly busId: string | null;
  readonly pom: string | null;
  readonly details: PodDetails | null;
  readonly flexibility: DeclaredFlexibility | null;
  /** Delivery days on which the customer has switched availability off. */
  readonly unavailableDays: readonly string[];
  /** Offered by its aggregator without an operator's doing. */
  readonly automaticOffers: boolean;
  /** Between aggregator and customer, the last one; null where none was ever proposed. */
  readonly agreement: { readonly status: AgreementStatus } | null;
  /** What it can be asked for, and what system operators said of it. */
  readonly services: ServiceStandings;
}

/** The registered PoDs of an aggregator, or those on a grid. */
export type PodSelection = { readonly aggregatorId: string } | { readonly gridId: string };

/** What was declared for a PoD and a day, oldest first. */
export interface DeclaredBaselines {
  readonly podId: string;
  readonly declared: readonly {
    /** ISO 8601 UTC. */
    readonly declaredAt: string;
    /** W by MTU of the day, withdrawal positive. */
    readonly baselineW: readonly number[];
    /** var by MTU, inductive positive; absent = none was declared. */
    readonly baselineVar?: readonly number[];
  }[];
}

/** PoDs and points of measurement, as far as orders name them. */
export interface MarketLookUp {
  readonly pods: ReadonlyMap<string, MarketPod>;
  /** Those of the points of measurement asked for under which a PoD hangs. */
  readonly poms: ReadonlySet<string>;
}

/**
 * The register as other platforms reach it. Every answer MUST hold what this caller was told to be
 * accepted before it asked (read your writes); what others write meanwhile MAY be missing.
 */
export interface RegisterPort {
  /**
   * Carries commands out in their order, each by itself: one refusal leaves the others standing. MUST
   * be durable when it resolves. An actor changes only what is its own: an aggregator its customers,
   * the DSO locations; any other command is answered as refused.
   *
   * @returns one answer a command, in the order of the commands
   */
  submit(
    commands: readonly PodCommand[],
    request: RegisterRequest,
  ): Promise<readonly RegisterAnswer[]>;
  /** Registered PoDs of a selection, in the order of their codes, however many. */
  podsOf(selection: PodSelection): Promise<readonly RegisteredPod[]>;
  /** One PoD; undefined when the register does not know it. */
  pod(podId: string): Promise<RegisteredPod | undefined>;
  /** What the market judges orders by; unknown PoDs and points are absent. */
  lookUp(podIds: readonly string[], poms: readonly string[]): Promise<MarketLookUp>;
  /** Baselines declared for a day; PoDs without one are absent. */
  baselines(podIds: readonly string[], deliveryDay: string): Promise<readonly DeclaredBaselines[]>;
}

/** A PoD as the market judges it; undefined while it cannot be offered. */
export function marketPodOf(pod: RegisteredPod): MarketPod | undefined {
  const { aggregatorId, pom, flexibility, unavailableDays, status, agreement, services } = pod;
  if (status !== 'registered' || !aggregatorId || !pom || !flexibility) return undefined;
  const agreed = agreement ? { agreement: agreement.status } : {};
  const named = Object.keys(services).length > 0 ? { services } : {};
  return { aggregatorId, pom, flexibility, unavailableDays, ...agreed, ...named };
}
