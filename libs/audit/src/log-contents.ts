import {
  type RecordedEvent,
  UnknownEventVersion,
  decodeEvent,
  withRecoveryKey,
} from '@flexledger/domain';
import type { ContractAddresses } from './chain-snapshot';
import type { LoggedEvent, LoggedOf } from './logged-event';
import type { MirroredRows } from './mirrored-rows';
import type { EnrolledKey } from './stretches/node-keys';

/** What has to be known of a log before it is read through. */
export interface LogContents extends ContractAddresses {
  /** Of this log's own market. */
  readonly sessions: readonly LoggedOf<'SessionScheduled'>['data'][];
  /** Sessions of another organisation's market: the mirror that each was taken by. */
  readonly sessionsElsewhere: ReadonlyMap<string, string>;
  /** Which of its rows are another organisation's. */
  readonly mirrored: MirroredRows;
  /** As it named itself last, with the key that it signs with since. */
  readonly certifier?: LoggedOf<'CertifierStarted'>['data'];
  /** Of nodes, as they were enrolled or followed others. */
  readonly nodeKeys: readonly EnrolledKey[];
  /** The first of these events that is of a newer release; what it says is not among the contents. */
  readonly unreadable?: UnknownEventVersion;
}

/** The events that the contents follow from; others are passed over. */
export const CONTENTS_TYPES: readonly LoggedEvent['type'][] = [
  'SessionScheduled',
  'CertifierStarted',
  'LogKeyReplaced',
  'CheckpointAnchored',
  'EventsMirrored',
  'DataAccessContractNamed',
  'NodeEnrolled',
  'KeyRotated',
];

/** Looks up sessions and contracts. */
export async function contentsOf(events: AsyncIterable<RecordedEvent>): Promise<LogContents> {
  const scheduled: LoggedOf<'SessionScheduled'>[] = [];
  const anchorContracts: string[] = [];
  const tokenContracts: string[] = [];
  const agreementContracts: string[] = [];
  const accessContracts: string[] = [];
  const mirrored = new Map<string, string>();
  const nodeKeys: EnrolledKey[] = [];
  let anchors = 0;
  let certifier: LoggedOf<'CertifierStarted'>['data'] | undefined;
  let unreadable: UnknownEventVersion | undefined;
  for await (const recorded of events) {
    const event = readable(recorded);
    if (event instanceof UnknownEventVersion) {
      unreadable ??= event;
      continue;
    }
    if (event.type === 'SessionScheduled') scheduled.push(event);
    if (event.type === 'CheckpointAnchored') anchors += 1;
    if (event.type === 'NodeEnrolled' || event.type === 'KeyRotated') {
      const { podId, publicKey } = event.data;
      nodeKeys.push({ podId, publicKey, position: event.position });
    }
    if (event.type === 'EventsMirrored') {
      for (const { eventId, became } of event.data.events) {
        if (became === 'taken') mirrored.set(eventId, event.data.mirror);
      }
    }
    if (event.type === 'DataAccessContractNamed') accessContracts.push(event.data.contract);
    if (event.type === 'LogKeyReplaced' && certifier) {
      certifier = { ...certifier, publicKey: event.data.publicKey };
    }
    if (event.type !== 'CertifierStarted') continue;
    certifier = withRecoveryKey(event.data, certifier);
    anchorContracts.push(event.data.anchorContract);
    tokenContracts.push(event.data.tokenContract);
    agreementContracts.push(
      ...(event.data.agreementContract ? [event.data.agreementContract] : []),
    );
  }
  const isOwn = ({ id }: LoggedEvent): boolean => !mirrored.has(id);
  const elsewhere = scheduled.filter((event) => !isOwn(event));
  return {
    sessions: scheduled.filter(isOwn).map(({ data }) => data),
    sessionsElsewhere: new Map(
      elsewhere.map(({ id, data }) => [data.sessionId, mirrored.get(id)!]),
    ),
    mirrored,
    ...(certifier && { certifier }),
    anchorContracts,
    tokenContracts,
    agreementContracts,
    accessContracts,
    anchors,
    nodeKeys,
    ...(unreadable && { unreadable }),
  };
}

function readable(recorded: RecordedEvent): LoggedEvent | UnknownEventVersion {
  try {
    return decodeEvent(recorded) as unknown as LoggedEvent;
  } catch (error) {
    if (error instanceof UnknownEventVersion) return error;
    throw error;
  }
}
