/**
 * Which events of the log each role is shown, for every type there is: the one place that decides it,
 * for pages, streams and webhooks. Pure data; `docs/events-by-role.md` is written from it.
 */
import type { DataSet, EventType } from '@flexledger/domain';
import type { Role } from '@flexledger/identity';

/** Roles that are shown a part of the log; operators, auditors and platforms are shown all of it. */
export const PARTIES = ['dso', 'tso', 'aggregator', 'customer', 'node'] as const;
type PartyRole = (typeof PARTIES)[number];

/** `own`: events about what is its own, whole; `ownRows`: every such event, with its own rows only. */
export type Shown = 'none' | 'all' | 'own' | 'ownRows';

/**
 * Whose an event, or a row of it, is. `named`: of whom it names (`aggregatorId`, `requester`,
 * `podId`). `pod`: of that PoD and of the aggregator it was registered with then. `agreement`: of
 * that PoD and of the aggregator that proposed the agreement. `request`: of who sent that request.
 * `party`: of the party that it names as such. `access`: of the owner of the data and of who reads, or
 * would read them. `user`: as `named`, and where it names one (`userId`) of that user alone.
 */
export type OwnedBy = 'named' | 'pod' | 'agreement' | 'request' | 'party' | 'access' | 'user';

/** What a type of event is to each role. */
export interface EventLine {
  readonly shown: Readonly<Record<PartyRole, Shown>>;
  /** Whose an event is; absent where no role is shown its own events. */
  readonly ownedBy?: OwnedBy;
  /** The lists of its data that hold rows of several parties, and whose each row is. */
  readonly rows?: Readonly<Record<string, Exclude<OwnedBy, 'party' | 'access' | 'user'>>>;
  /** The data set that it is of: whom the owner has granted that is shown it too, from the grant on. */
  readonly dataSet?: DataSet;
}

const line = (
  [dso, tso, aggregator, customer, node]: readonly [Shown, Shown, Shown, Shown, Shown],
  more: Omit<EventLine, 'shown'> = {},
): EventLine => ({ shown: { dso, tso, aggregator, customer, node }, ...more });

/** The calendar, the rules, totals and the certifier's work hold nothing of any one party. */
const PUBLIC = line(['all', 'all', 'all', 'all', 'all']);
/** How the operator runs its processors, who signs in, what it was shown by others, and what it recorded of grants. */
const INTERNAL = line(['none', 'none', 'none', 'none', 'none']);
/** The DSO's own grid: models, forecasts, violations, plans, estimates, weather. */
const OF_GRID = line(['all', 'none', 'none', 'none', 'none']);
/** What of it the DSO can grant to others: nothing that tells of a single customer. */
const OF_GRANTABLE_GRID: EventLine = { ...OF_GRID, dataSet: 'grid' };
/** The register of PoDs: both system operators read it whole. */
const OF_REGISTER = line(['all', 'all', 'own', 'own', 'none'], { ownedBy: 'pod' });
/** Between an aggregator, its customer and the Light Node; the DSO carries setpoints and so sees it. */
const OF_NODE = line(['all', 'none', 'own', 'own', 'own'], { ownedBy: 'pod' });
/** What was measured: both system operators observe their grids by it. */
const OF_METER = line(['all', 'all', 'own', 'own', 'own'], {
  ownedBy: 'pod',
  dataSet: 'measurements',
});
/** How far a setpoint has come. */
const OF_SETPOINT: EventLine = { ...OF_NODE, dataSet: 'setpoints' };
/** Between an aggregator and its customer. */
const OF_AGREEMENT = line(['none', 'none', 'own', 'own', 'none'], { ownedBy: 'agreement' });
/** A system operator's orders. */
const OF_REQUEST = line(['own', 'own', 'none', 'none', 'none'], { ownedBy: 'request' });
/** An aggregator's orders and reports. */
const OF_AGGREGATOR = line(['none', 'none', 'own', 'none', 'none'], { ownedBy: 'named' });

/** The same, but for what one of its users keeps to themselves. */
const OF_USER: EventLine = { ...OF_AGGREGATOR, ownedBy: 'user' };

/** A party's own account, clients and webhooks. */
const OF_PARTY = line(['own', 'own', 'own', 'own', 'own'], { ownedBy: 'party' });
/** Between who owns data and who reads them. */
const OF_ACCESS = line(['own', 'own', 'own', 'own', 'none'], { ownedBy: 'access' });

/** Every type of event; a type without a line does not compile, and is shown to no party. */
export const EVENTS_BY_ROLE: Readonly<Record<EventType, EventLine>> = {
  ActivationSigned: OF_NODE,
  AgreementAccepted: OF_AGREEMENT,
  AgreementCertified: OF_AGREEMENT,
  AgreementEndCertified: OF_AGREEMENT,
  AgreementEnded: OF_AGREEMENT,
  AgreementProposed: OF_AGREEMENT,
  AgreementRefused: OF_AGREEMENT,
  AlarmAcknowledged: OF_AGGREGATOR,
  AlarmEnded: OF_AGGREGATOR,
  AlarmRaised: OF_AGGREGATOR,
  AnchorFailed: PUBLIC,
  AnchorLost: PUBLIC,
  AnomalyCleared: OF_NODE,
  AnomalyRaised: OF_NODE,
  AutomaticOffersChanged: line(['none', 'none', 'own', 'own', 'none'], { ownedBy: 'pod' }),
  AvailabilityChanged: OF_REGISTER,
  BaselineDeclared: { ...OF_REGISTER, dataSet: 'baselines' },
  CertifierStarted: PUBLIC,
  CheckpointAnchored: PUBLIC,
  CheckpointCosigned: PUBLIC,
  CheckpointMirrored: INTERNAL,
  CheckpointSealed: PUBLIC,
  ContractsChanged: PUBLIC,
  LogKeyReplaced: PUBLIC,
  AssetFlowsCompared: OF_GRANTABLE_GRID,
  CustomersForecast: OF_GRID,
  DataAccessBatchRecorded: INTERNAL,
  DataAccessContractNamed: INTERNAL,
  DataAccessGranted: OF_ACCESS,
  DataAccessRefused: OF_ACCESS,
  DataAccessRequested: OF_ACCESS,
  DataAccessRevoked: OF_ACCESS,
  DispatchReported: OF_AGGREGATOR,
  EventsMirrored: INTERNAL,
  FlexibilityDeclared: OF_REGISTER,
  FlexibilityOffered: OF_AGGREGATOR,
  FlexibilityRequested: OF_REQUEST,
  ForecastComputed: OF_GRANTABLE_GRID,
  ForecastContinued: OF_GRANTABLE_GRID,
  GridModelPublished: OF_GRANTABLE_GRID,
  GridReconfigured: OF_GRANTABLE_GRID,
  KeyRotated: OF_NODE,
  LoadProfilesContinued: OF_GRID,
  LoadProfilesReworked: OF_GRID,
  // Indicators are everybody's, and so is what they leave out.
  KpiExclusionChanged: PUBLIC,
  // Before its validation an outcome is the DSO's to judge, and nothing that a customer can rely on.
  MarketCleared: line(['all', 'ownRows', 'ownRows', 'none', 'none'], {
    rows: { rows: 'named', requests: 'request' },
  }),
  MeasurementRecorded: OF_METER,
  NodeConnected: OF_NODE,
  NodeDisconnected: OF_NODE,
  NodeEnrolled: OF_NODE,
  // Meters are in it.
  OperationsMeasured: OF_GRID,
  OfferWithdrawn: OF_AGGREGATOR,
  OutcomeSentForValidation: PUBLIC,
  // Its rows name no owner, only places in the outcome; what it left of them, results say.
  OutcomeValidated: OF_GRID,
  PacketRejected: line(['all', 'none', 'own', 'own', 'own'], { ownedBy: 'pod' }),
  PodDetailsChanged: OF_REGISTER,
  PodLocated: OF_REGISTER,
  PodRegistered: OF_REGISTER,
  PodUnregistered: OF_REGISTER,
  ProcessorEventSkipped: INTERNAL,
  // Which nodes were silent: both system operators observe their grids by what nodes say.
  QuarterHourReported: line(['all', 'all', 'ownRows', 'ownRows', 'none'], {
    rows: { rows: 'named' },
  }),
  RequestHeld: OF_GRID,
  RequestPlanned: OF_GRID,
  RequestReleased: OF_GRID,
  RequestSent: OF_GRID,
  RequestWithdrawn: OF_REQUEST,
  ResultPublished: line(['all', 'ownRows', 'ownRows', 'ownRows', 'none'], {
    rows: { rows: 'named' },
  }),
  RulePackAdopted: PUBLIC,
  SessionCancelled: PUBLIC,
  SessionClosed: PUBLIC,
  SessionOpened: PUBLIC,
  SessionScheduled: PUBLIC,
  SetpointApplied: OF_SETPOINT,
  SetpointCarried: OF_NODE,
  SetpointFailed: OF_SETPOINT,
  SetpointIssued: OF_SETPOINT,
  SetpointReceiptSigned: OF_NODE,
  SetpointReceived: OF_SETPOINT,
  SettlementComputed: line(['ownRows', 'ownRows', 'ownRows', 'ownRows', 'none'], {
    rows: { rows: 'named' },
  }),
  SettlementDisputed: OF_AGGREGATOR,
  SettlementMechanismOffered: OF_AGGREGATOR,
  SettlementMechanismWithdrawn: OF_AGGREGATOR,
  SettlementPublished: PUBLIC,
  StateEstimated: OF_GRANTABLE_GRID,
  StatementRejected: OF_NODE,
  // Prices of the network's use are for all who use it.
  TariffsPublished: PUBLIC,
  TokensAwarded: PUBLIC,
  ViolationDetected: OF_GRANTABLE_GRID,
  ViolationResolved: OF_GRANTABLE_GRID,
  WeatherReported: OF_GRANTABLE_GRID,
  BalancingJobCompleted: OF_GRID,
  BalancingJobDeleted: OF_GRID,
  DerControlReported: OF_GRID,
  DerControlStarted: OF_GRID,
  WebhookDeleted: OF_PARTY,
  WebhookSecretRotated: OF_PARTY,
  WebhookSubscribed: OF_PARTY,
  ComputationParametersSet: OF_GRANTABLE_GRID,
  AssetDefined: OF_AGGREGATOR,
  AssetRemoved: OF_AGGREGATOR,
  CostsDeclared: OF_AGGREGATOR,
  DashboardRemoved: OF_AGGREGATOR,
  DashboardSaved: OF_USER,
  WidgetPublished: OF_AGGREGATOR,
  WidgetWithdrawn: OF_AGGREGATOR,
  EnrolmentTokenIssued: line(['none', 'none', 'own', 'own', 'none'], { ownedBy: 'pod' }),
  MarginDeclared: OF_AGGREGATOR,
  MeterIdentified: OF_NODE,
  MirrorAlarmRaised: INTERNAL,
  MirrorStarted: INTERNAL,
  MirrorSummarised: INTERNAL,
  NodeRevoked: OF_NODE,
  NotificationsChosen: line(['none', 'none', 'none', 'own', 'none'], { ownedBy: 'pod' }),
  NotificationsRead: line(['none', 'none', 'none', 'own', 'none'], { ownedBy: 'pod' }),
  ServiceQualified: OF_REGISTER,
  ServiceRefused: OF_REGISTER,
  ServicesNamed: OF_REGISTER,
  ClientDisabled: INTERNAL,
  ClientEnabled: INTERNAL,
  ClientRegistered: OF_PARTY,
  ClientSecretRotated: INTERNAL,
  PartyDisabled: OF_PARTY,
  PartyEnabled: OF_PARTY,
  PartyRegistered: OF_PARTY,
  PersonErased: INTERNAL,
  PersonRecorded: INTERNAL,
  UserCreated: OF_PARTY,
  UserDisabled: INTERNAL,
  UserEnabled: INTERNAL,
  UserPasswordChanged: INTERNAL,
  UserRolesChanged: INTERNAL,
};

/** What a type is to a role; nothing where it is of a release that this one does not know. */
export function shownTo(role: PartyRole, type: string): Shown {
  return lineOf(type)?.shown[role] ?? 'none';
}

/** The line of a type; undefined for one that this release does not know. */
export function lineOf(type: string): EventLine | undefined {
  return Object.hasOwn(EVENTS_BY_ROLE, type) ? EVENTS_BY_ROLE[type as EventType] : undefined;
}

/** True for a role that is shown a part of the log. */
export function isParty(role: Role): role is PartyRole {
  return (PARTIES as readonly Role[]).includes(role);
}

/** The types of which a role is shown anything, by its own right or where an owner grants it. */
export function typesShownTo(role: PartyRole): EventType[] {
  return (Object.keys(EVENTS_BY_ROLE) as EventType[]).filter(
    (type) => shownTo(role, type) !== 'none' || (role !== 'node' && lineOf(type)?.dataSet),
  );
}
