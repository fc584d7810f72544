import { type RecordedEvent, UnknownEventVersion, decodeEvent } from '@flexledger/domain';
import type { ContractAddresses } from './chain-snapshot';
import type { LoggedEvent, LoggedOf } from './logged-event';

/** What has to be known of a log before it is read through. */
export interface LogContents extends ContractAddresses {
  readonly sessions: readonly LoggedOf<'SessionScheduled'>['data'][];
  /** As it named itself last, with the key that it signs with since. */
  readonly certifier?: LoggedOf<'CertifierStarted'>['data'];
  /** The first of these events that is of a newer release; what it says is not among the contents. */
  readonly unreadable?: UnknownEventVersion;
}

/** The events that the contents follow from; others are passed over. */
export const CONTENTS_TYPES: readonly LoggedEvent['type'][] = [
  'SessionScheduled',
  'CertifierStarted',
  'LogKeyReplaced',
  'CheckpointAnchored',
];

/** Looks up sessions and contracts. */
export async function contentsOf(events: AsyncIterable<RecordedEvent>): Promise<LogContents> {
  const sessions: LoggedOf<'SessionScheduled'>['data'][] = [];
  const anchorContracts: string[] = [];
  const tokenContracts: string[] = [];
  const agreementContracts: string[] = [];
  let anchors = 0;
  let certifier: LoggedOf<'CertifierStarted'>['data'] | undefined;
  let unreadable: UnknownEventVersion | undefined;
  for await (const recorded of events) {
    const event = readable(recorded);
    if (event instanceof UnknownEventVersion) {
      unreadable ??= event;
      continue;
    }
    if (event.type === 'SessionScheduled') sessions.push(event.data);
    if (event.type === 'CheckpointAnchored') anchors += 1;
    if (event.type === 'LogKeyReplaced' && certifier) {
      certifier = { ...certifier, publicKey: event.data.publicKey };
    }
    if (event.type !== 'CertifierStarted') continue;
    certifier = event.data;
    anchorContracts.push(event.data.anchorContract);
    tokenContracts.push(event.data.tokenContract);
    agreementContracts.push(
      ...(event.data.agreementContract ? [event.data.agreementContract] : []),
    );
  }
  return {
    sessions,
    ...(certifier && { certifier }),
    anchorContracts,
    tokenContracts,
    agreementContracts,
    anchors,
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
