/**
 * The register of PoDs (DESIGN 7, flows 0 to 0b): connection, location, declared flexibility, the
 * enrolled Light Node and the agreement with the customer, one document a PoD. What unregistering
 * ends follows `podDecider`; node and agreement have their own streams and stay.
 */
import {
  type AgreementEvent,
  type AgreementStatus,
  type AgreementTerms,
  type AnomalyKind,
  type DeclaredFlexibility,
  type NodeEvent,
  type PodDetails,
  type PodEvent,
  type ServiceStandings,
  podDetailsOf,
  standingsAfter,
} from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface PodDocument {
  readonly podId: string;
  /** `unknown`: a node or an agreement came before the PoD was registered. */
  readonly status: 'unknown' | 'registered' | 'unregistered';
  /** The aggregator of `details`; null until the PoD is registered. */
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
  /** What it can be asked for, and what system operators said of it. */
  readonly services: ServiceStandings;
  readonly node: NodeOfPod | null;
  /** Aggregator and since when, where its node is cut off, as `AGG1/2026-03-17T10:00:00.000Z`: what it is found by among millions. */
  readonly silence: string | null;
  readonly agreement: AgreementOfPod | null;
  /** What was last done to its record; null until the PoD is registered. */
  readonly lastChange: PodChange | null;
}

/** A change of what the register says of the PoD itself: details, place, flexibility. */
export interface PodChange {
  /** `activate` until something that stood is changed. */
  readonly action: 'activate' | 'modify' | 'delete';
  /** When its aggregator last sent something of it, ISO 8601. */
  readonly sentAt: string;
  /** Since when the record is as it is. */
  readonly validFrom: string;
}

export interface NodeOfPod {
  /** SEC 1 uncompressed P-256 point, hex. */
  readonly publicKey: string;
  readonly meterDriver: string;
  /** null where it enrolled without saying. */
  readonly meterSerialNumber: string | null;
  readonly connected: boolean;
  /** Since when it is connected or not, ISO 8601; null before the node first connected. */
  readonly connectionSince: string | null;
  /** What stands now. */
  readonly anomalies: readonly {
    readonly anomaly: AnomalyKind;
    readonly detail: string;
    readonly raisedAt: string;
  }[];
}

export interface AgreementOfPod {
  readonly status: AgreementStatus;
  readonly terms: AgreementTerms;
  /** Why it was refused or ended. */
  readonly reason: string | null;
  /** SHA-256 of terms and acceptance, and the transaction that holds it; null until certified. */
  readonly termsDigest: string | null;
  readonly txHash: string | null;
  /** The transaction that holds its end; null until that is certified. */
  readonly endTxHash: string | null;
  /** Hash of the event by which it was accepted, which the digest covers; null before. */
  readonly acceptedHash: string | null;
  readonly changedAt: string;
}

/** Tokens are the business of who enrols (`lightNodesView`). */
type EnrolledNodeEvent = Exclude<NodeEvent, { type: 'EnrolmentTokenIssued' }>;

type PodRegisterEvent = Recorded<
  Exclude<PodEvent, { type: 'BaselineDeclared' }> | EnrolledNodeEvent | AgreementEvent
>;

export const podRegisterView: View<PodDocument, PodRegisterEvent> = {
  name: 'pod-register',
  version: 7,
  types: [
    'PodRegistered',
    'PodDetailsChanged',
    'PodLocated',
    'FlexibilityDeclared',
    'AvailabilityChanged',
    'AutomaticOffersChanged',
    'ServicesNamed',
    'ServiceQualified',
    'ServiceRefused',
    'PodUnregistered',
    'NodeEnrolled',
    'MeterIdentified',
    'NodeRevoked',
    'KeyRotated',
    'NodeConnected',
    'NodeDisconnected',
    'AnomalyRaised',
    'AnomalyCleared',
    'AgreementProposed',
    'AgreementAccepted',
    'AgreementRefused',
    'AgreementEnded',
    'AgreementCertified',
    'AgreementEndCertified',
  ],
  indexes: ['status', 'aggregatorId', 'gridId', 'busId', 'pom', 'silence'],
  keysOf: (event) => [event.data.podId],
  evolve(doc, event) {
    const pod = evolved(doc ?? unknownPod(event.data.podId), event);
    return { ...pod, silence: silenceOf(pod) };
  },
};

function evolved(pod: PodDocument, event: PodRegisterEvent): PodDocument {
  switch (event.type) {
    case 'NodeEnrolled':
    case 'MeterIdentified':
    case 'NodeRevoked':
    case 'KeyRotated':
    case 'NodeConnected':
    case 'NodeDisconnected':
    case 'AnomalyRaised':
    case 'AnomalyCleared':
      return { ...pod, node: evolveNode(pod.node, event) };
    case 'AgreementProposed':
    case 'AgreementAccepted':
    case 'AgreementRefused':
    case 'AgreementEnded':
    case 'AgreementCertified':
    case 'AgreementEndCertified':
      return { ...pod, agreement: evolveAgreement(pod.agreement, event) };
    default:
      return { ...evolvePod(pod, event), lastChange: changeAfter(pod, event) };
  }
}

function silenceOf({ aggregatorId, node }: PodDocument): string | null {
  const isSilent = node?.connected === false && node.connectionSince !== null;
  return isSilent && aggregatorId !== null ? documentKey(aggregatorId, node.connectionSince) : null;
}

const unregistered = {
  gridId: null,
  busId: null,
  pom: null,
  flexibility: null,
  unavailableDays: [],
  automaticOffers: true,
};

function unknownPod(podId: string): PodDocument {
  const nothing = { aggregatorId: null, ...unregistered, services: {}, details: null };
  return {
    podId,
    status: 'unknown',
    ...nothing,
    node: null,
    silence: null,
    agreement: null,
    lastChange: null,
  };
}

function evolvePod(
  pod: PodDocument,
  event: Recorded<Exclude<PodEvent, { type: 'BaselineDeclared' }>>,
): PodDocument {
  switch (event.type) {
    case 'PodRegistered':
    case 'PodDetailsChanged': {
      const details = podDetailsOf(event.data);
      const { aggregatorId } = details;
      // As `podDecider` has it: another aggregator decides anew.
      const automaticOffers = aggregatorId === pod.aggregatorId ? pod.automaticOffers : true;
      const registered = { ...pod, aggregatorId, details, automaticOffers };
      return event.type === 'PodRegistered'
        ? {
            ...registered,
            ...unregistered,
            services: standingsAfter(pod.services, event),
            status: 'registered',
          }
        : registered;
    }
    case 'PodLocated': {
      const { gridId, busId, pom } = event.data;
      return { ...pod, gridId, busId, pom };
    }
    case 'FlexibilityDeclared': {
      const { upW, downW, upVar, downVar } = event.data;
      return { ...pod, flexibility: { upW, downW, upVar, downVar } };
    }
    case 'AvailabilityChanged': {
      const { deliveryDay, available } = event.data;
      const others = pod.unavailableDays.filter((day) => day !== deliveryDay);
      return { ...pod, unavailableDays: available ? others : [...others, deliveryDay] };
    }
    case 'ServicesNamed':
    case 'ServiceQualified':
    case 'ServiceRefused':
      return { ...pod, services: standingsAfter(pod.services, event) };
    case 'AutomaticOffersChanged':
      return { ...pod, automaticOffers: event.data.automaticOffers };
    case 'PodUnregistered':
      return { ...pod, status: 'unregistered' };
  }
}

function changeAfter(
  { lastChange, flexibility, busId }: PodDocument,
  { type, occurredAt }: Recorded<Exclude<PodEvent, { type: 'BaselineDeclared' }>>,
): PodChange | null {
  const now = { sentAt: occurredAt, validFrom: occurredAt };
  if (type === 'PodRegistered') return { action: 'activate', ...now };
  if (!lastChange) return null;
  const { action, sentAt } = lastChange;
  switch (type) {
    case 'PodDetailsChanged':
      return { action: 'modify', ...now };
    case 'FlexibilityDeclared':
      return { action: flexibility ? 'modify' : action, ...now };
    case 'PodLocated':
      return { action: busId === null ? action : 'modify', sentAt, validFrom: occurredAt };
    case 'PodUnregistered':
      return { action: 'delete', ...now };
    default:
      return lastChange;
  }
}

function evolveNode(node: NodeOfPod | null, event: Recorded<EnrolledNodeEvent>): NodeOfPod | null {
  if (event.type === 'NodeEnrolled') {
    const { publicKey, meterDriver } = event.data;
    const unseen = { connected: false, connectionSince: null, anomalies: [] };
    return { publicKey, meterDriver, meterSerialNumber: null, ...unseen };
  }
  if (!node) return null;
  switch (event.type) {
    case 'MeterIdentified':
      return { ...node, meterSerialNumber: event.data.serialNumber };
    case 'NodeRevoked':
      return null;
    case 'KeyRotated':
      return { ...node, publicKey: event.data.publicKey };
    case 'NodeConnected':
      return { ...node, connected: true, connectionSince: event.occurredAt };
    case 'NodeDisconnected':
      return { ...node, connected: false, connectionSince: event.occurredAt };
    case 'AnomalyRaised':
    case 'AnomalyCleared': {
      const { anomaly } = event.data;
      const others = node.anomalies.filter((other) => other.anomaly !== anomaly);
      if (event.type === 'AnomalyCleared') return { ...node, anomalies: others };
      const raised = { anomaly, detail: event.data.detail, raisedAt: event.occurredAt };
      return { ...node, anomalies: [...others, raised] };
    }
  }
}

function evolveAgreement(
  agreement: AgreementOfPod | null,
  event: Recorded<AgreementEvent>,
): AgreementOfPod | null {
  const changedAt = event.occurredAt;
  if (event.type === 'AgreementProposed') {
    const uncertified = { termsDigest: null, txHash: null, endTxHash: null, acceptedHash: null };
    return { status: 'proposed', terms: event.data, reason: null, ...uncertified, changedAt };
  }
  if (!agreement) return null;
  switch (event.type) {
    case 'AgreementAccepted':
      return { ...agreement, status: 'inForce', acceptedHash: event.hash, changedAt };
    case 'AgreementRefused':
      return { ...agreement, status: 'refused', reason: event.data.reason, changedAt };
    case 'AgreementEnded':
      return { ...agreement, status: 'ended', reason: event.data.reason, changedAt };
    case 'AgreementCertified': {
      // Where the chain is late, it may speak of an agreement that another has replaced.
      const { acceptance, termsDigest, txHash } = event.data;
      return acceptance === agreement.acceptedHash
        ? { ...agreement, termsDigest, txHash }
        : agreement;
    }
    case 'AgreementEndCertified': {
      const { acceptance, txHash } = event.data;
      return acceptance === agreement.acceptedHash
        ? { ...agreement, endTxHash: txHash }
        : agreement;
    }
  }
}
