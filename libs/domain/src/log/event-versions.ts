/**
 * Every type of event there is, with the version its `data` has today. A stored event is never
 * rewritten: whoever changes a shape raises its version here, adds an upcaster (`upcasters.ts`) and runs
 * `npm run event-shapes`, which keeps the new shape beside the old ones in `event-shapes.json`.
 */
import type { ActivationEvent } from '../activation/events';
import type { AgreementEvent } from '../agreement/events';
import type { AlarmEvent } from '../alarm/events';
import type { BalancingEvent } from '../balancing/events';
import type { AssetEvent } from '../asset/events';
import type { CertificationEvent } from '../certification/events';
import type { ClientEvent } from '../client/events';
import type { ComputationParametersSet } from '../computation-parameters/events';
import type { CostsEvent } from '../costs/events';
import type { DashboardEvent } from '../dashboard/events';
import type { DataAccessBatchEvent } from '../data-access/batch';
import type { DataAccessEvent } from '../data-access/events';
import type { DerControlEvent } from '../der-control/events';
import type { DispatchReported } from '../dispatch/events';
import type { GridForecastEvent } from '../grid-forecast/events';
import type { GridModelPublished } from '../grid-model/events';
import type { AssetFlowsCompared, OperationsMeasured } from '../grid-operations/events';
import type { StateEstimated } from '../grid-state/events';
import type { KpiExclusionChanged } from '../kpi/exclusion';
import type { LoadProfilesEvent } from '../load-profiles/events';
import type { MarketSessionEvent } from '../market-session/events';
import type { MeterEvent } from '../meter/events';
import type { MirrorEvent } from '../mirror/events';
import type { NodeStatementEvent } from '../node-statement/events';
import type { NodeEvent } from '../node/events';
import type { NotificationEvent } from '../notification/events';
import type { PartyEvent } from '../party/events';
import type { PersonEvent } from '../person/events';
import type { PodEvent } from '../pod/events';
import type { ProcessorEventSkipped } from '../processor/events';
import type { QuarterHourReported } from '../quarter-hour/events';
import type { RulePackAdopted } from '../rule-pack/rule-pack';
import type { SettlementMechanismEvent } from '../settlement-mechanism/events';
import type { SettlementEvent } from '../settlement/events';
import type { TariffsPublished } from '../tariff/events';
import type { UserEvent } from '../user/events';
import type { WeatherReported } from '../weather/events';
import type { WebhookEvent } from '../webhook/events';
import type { WidgetLinkEvent } from '../widget-link/events';

/** All that can happen, as a decider says it. */
export type AnyDomainEvent =
  | ActivationEvent
  | AgreementEvent
  | AlarmEvent
  | AssetEvent
  | AssetFlowsCompared
  | BalancingEvent
  | CertificationEvent
  | ClientEvent
  | ComputationParametersSet
  | CostsEvent
  | DashboardEvent
  | DataAccessBatchEvent
  | DataAccessEvent
  | DerControlEvent
  | DispatchReported
  | GridForecastEvent
  | GridModelPublished
  | KpiExclusionChanged
  | LoadProfilesEvent
  | MarketSessionEvent
  | MeterEvent
  | MirrorEvent
  | NodeEvent
  | NodeStatementEvent
  | NotificationEvent
  | OperationsMeasured
  | PartyEvent
  | PersonEvent
  | PodEvent
  | ProcessorEventSkipped
  | QuarterHourReported
  | RulePackAdopted
  | SettlementEvent
  | SettlementMechanismEvent
  | StateEstimated
  | TariffsPublished
  | UserEvent
  | WeatherReported
  | WebhookEvent
  | WidgetLinkEvent;

export type EventType = AnyDomainEvent['type'];

/** The current version of each type's `data`. */
export const eventVersions: Readonly<Record<EventType, number>> = {
  ActivationSigned: 1,
  AgreementAccepted: 1,
  AgreementCertified: 1,
  AgreementEndCertified: 1,
  AgreementEnded: 1,
  AgreementProposed: 1,
  AgreementRefused: 1,
  AlarmAcknowledged: 1,
  AlarmEnded: 1,
  AlarmRaised: 2,
  AnchorFailed: 1,
  AnchorLost: 1,
  AnomalyCleared: 2,
  AnomalyRaised: 2,
  AssetDefined: 1,
  AssetFlowsCompared: 1,
  AssetRemoved: 1,
  AutomaticOffersChanged: 1,
  AvailabilityChanged: 1,
  BalancingJobCompleted: 1,
  BalancingJobDeleted: 1,
  BaselineDeclared: 2,
  CertifierStarted: 1,
  CheckpointAnchored: 1,
  CheckpointCosigned: 1,
  CheckpointMirrored: 1,
  CheckpointSealed: 2,
  ClientDisabled: 1,
  ClientEnabled: 1,
  ClientRegistered: 1,
  ClientSecretRotated: 1,
  ComputationParametersSet: 1,
  ContractsChanged: 1,
  CostsDeclared: 2,
  CustomersForecast: 1,
  DashboardRemoved: 1,
  DashboardSaved: 1,
  DataAccessBatchRecorded: 1,
  DataAccessContractNamed: 1,
  DataAccessGranted: 1,
  DataAccessRefused: 1,
  DataAccessRequested: 1,
  DataAccessRevoked: 1,
  DerControlReported: 1,
  DerControlStarted: 1,
  DispatchReported: 2,
  EnrolmentTokenIssued: 1,
  EventsMirrored: 1,
  FlexibilityDeclared: 2,
  FlexibilityOffered: 3,
  FlexibilityRequested: 2,
  ForecastComputed: 1,
  ForecastContinued: 1,
  GridModelPublished: 1,
  GridReconfigured: 1,
  KeyRotated: 2,
  KpiExclusionChanged: 1,
  LoadProfilesContinued: 1,
  LoadProfilesReworked: 1,
  LogKeyReplaced: 1,
  MarginDeclared: 1,
  MarketCleared: 1,
  MeasurementRecorded: 2,
  MeterIdentified: 1,
  MirrorAlarmRaised: 1,
  MirrorStarted: 1,
  MirrorSummarised: 1,
  NodeConnected: 1,
  NodeDisconnected: 1,
  NodeEnrolled: 1,
  NodeRevoked: 1,
  NotificationsChosen: 1,
  NotificationsRead: 1,
  OfferWithdrawn: 1,
  OperationsMeasured: 1,
  OutcomeSentForValidation: 1,
  OutcomeValidated: 1,
  PacketRejected: 2,
  PartyDisabled: 1,
  PartyEnabled: 1,
  PartyRegistered: 1,
  PersonErased: 1,
  PersonRecorded: 1,
  PodDetailsChanged: 3,
  PodLocated: 2,
  PodRegistered: 2,
  PodUnregistered: 1,
  ProcessorEventSkipped: 1,
  QuarterHourReported: 1,
  RequestHeld: 1,
  RequestPlanned: 2,
  RequestReleased: 1,
  RequestSent: 1,
  RequestWithdrawn: 1,
  ResultPublished: 1,
  RulePackAdopted: 3,
  ServiceQualified: 1,
  ServiceRefused: 1,
  ServicesNamed: 1,
  SessionCancelled: 1,
  SessionClosed: 1,
  SessionOpened: 1,
  SessionScheduled: 3,
  SetpointApplied: 1,
  SetpointCarried: 1,
  SetpointFailed: 1,
  SetpointIssued: 1,
  SetpointReceiptSigned: 1,
  SetpointReceived: 1,
  SettlementComputed: 2,
  SettlementDisputed: 1,
  SettlementMechanismOffered: 1,
  SettlementMechanismWithdrawn: 1,
  SettlementPublished: 3,
  StateEstimated: 1,
  StatementRejected: 1,
  TariffsPublished: 1,
  TokensAwarded: 2,
  UserCreated: 1,
  UserDisabled: 1,
  UserEnabled: 1,
  UserPasswordChanged: 1,
  UserRolesChanged: 1,
  ViolationDetected: 2,
  ViolationResolved: 1,
  WeatherReported: 1,
  WebhookDeleted: 1,
  WebhookSecretRotated: 1,
  WebhookSubscribed: 1,
  WidgetPublished: 1,
  WidgetWithdrawn: 1,
};

/** The version that a new event of a type is written with; 1 for a type that is not of the domain. */
export function currentVersionOf(type: string): number {
  return Object.hasOwn(eventVersions, type) ? eventVersions[type as EventType] : 1;
}
