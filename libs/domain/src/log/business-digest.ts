/**
 * The business digest of a log: one hash over what was decided and measured, the same for two logs of
 * the same day however many processes wrote them, in whatever order between streams, and whether or not
 * one of them was killed. It leaves out what belongs to the way and not to the matter: ids, positions
 * and clock times, also those inside `data`, transactions, and the events of connections, anomalies,
 * alarms, carriage, certification, of who may sign in and read, of how indicators are read, of what customers have seen and of where a copy comes from.
 */
import { canonicalJson } from './canonical-json';
import type { RecordedEvent } from './envelope';
import { type Sha256, sha256Hex } from './sha256';

/** Events of the way, not of the matter. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'CertifierStarted',
  'LogKeyReplaced',
  'ContractsChanged',
  'CheckpointSealed',
  'CheckpointCosigned',
  'CheckpointAnchored',
  'AnchorFailed',
  'AnchorLost',
  'AgreementCertified',
  'AgreementEndCertified',
  'NodeConnected',
  'NodeDisconnected',
  'AlarmRaised',
  'AlarmAcknowledged',
  'AlarmEnded',
  'AnomalyRaised',
  'AnomalyCleared',
  'QuarterHourReported',
  'SetpointCarried',
  'SetpointReceiptSigned',
  'ActivationSigned',
  'StatementRejected',
  'ProcessorEventSkipped',
  'MirrorStarted',
  'EventsMirrored',
  'CheckpointMirrored',
  'MirrorAlarmRaised',
  'MirrorSummarised',
  'WebhookSubscribed',
  'WebhookSecretRotated',
  'WebhookDeleted',
  'PartyDisabled',
  'PartyEnabled',
  'PartyRegistered',
  'UserCreated',
  'UserDisabled',
  'UserEnabled',
  'UserPasswordChanged',
  'UserRolesChanged',
  'ClientDisabled',
  'ClientEnabled',
  'ClientRegistered',
  'ClientSecretRotated',
  'PersonErased',
  'PersonRecorded',
  'KpiExclusionChanged',
  'AssetDefined',
  'AssetRemoved',
  'DashboardSaved',
  'DashboardRemoved',
  'WidgetPublished',
  'WidgetWithdrawn',
  'NotificationsChosen',
  'NotificationsRead',
  'DataAccessRequested',
  'DataAccessGranted',
  'DataAccessRevoked',
  'DataAccessRefused',
  'DataAccessContractNamed',
  'DataAccessBatchRecorded',
]);

/** Members of `data`, at any depth, that name an id, a position, a clock time, a transaction, a salt or a copy. */
const LEFT_OUT_MEMBERS: ReadonlySet<string> = new Set([
  'registerPosition',
  'lastPosition',
  'setpointId',
  'forecastId',
  'estimateId',
  'acceptance',
  'termsDigest',
  'at',
  'answerDueAt',
  'txHash',
  'blockNumber',
  'hash',
  'signedHash',
  // Of settled rows: drawn, or made of what was drawn.
  'salt',
  'rowsRoot',
  'settlementLeaf',
  // A copy of what other events say: of the stream, of what PoDs declared, of the grid model.
  'podRecord',
  'helpW',
  'helpVar',
  'gridPoint',
]);

/** What one event says of the business; undefined for an event of the way. */
export function businessContent(
  event: Pick<RecordedEvent, 'type' | 'data'>,
): { readonly type: string; readonly data: unknown } | undefined {
  if (LEFT_OUT.has(event.type)) return undefined;
  return { type: event.type, data: withoutWay(event.data) };
}

function withoutWay(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWay);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      LEFT_OUT_MEMBERS.has(name) ? [] : [[name, withoutWay(member)]],
    ),
  );
}

/** The digest of a log, and of each of its streams, so that two logs that differ tell where. */
export interface BusinessDigest {
  /** SHA-256, hex, over the canonical JSON of all pairs of stream and digest, in the streams' order. */
  readonly digest: string;
  /** By stream, rising: a hash chain over the canonical JSON of each event's content. */
  readonly streams: ReadonlyMap<string, string>;
  /** Events that count. */
  readonly events: number;
}

/**
 * Computes it. Events of one stream must come in its order; streams may be mixed at will.
 *
 * @param events of a whole log, or of those streams that are to be compared
 */
export async function businessDigest(
  sha256: Sha256,
  events: AsyncIterable<RecordedEvent>,
): Promise<BusinessDigest> {
  // A running hash a stream: the digest so far and the next line, so that memory holds no content.
  const running = new Map<string, string>();
  let count = 0;
  for await (const event of events) {
    const content = businessContent(event);
    if (!content) continue;
    count += 1;
    const before = running.get(event.streamId) ?? '';
    running.set(event.streamId, sha256Hex(sha256, `${before}\n${canonicalJson(content)}`));
  }
  const streams = new Map([...running].sort(([one], [other]) => (one < other ? -1 : 1)));
  return { digest: sha256Hex(sha256, canonicalJson([...streams])), streams, events: count };
}
