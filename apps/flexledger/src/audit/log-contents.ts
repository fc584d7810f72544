import type { SqliteEventStore } from '@flexledger/event-store';
import { LogDamaged } from '@flexledger/event-store';
import type { ContractAddresses } from './chain-snapshot';
import type { LoggedEvent, LoggedOf } from './logged-event';

/** What has to be known of a log before it is read through. */
export interface LogContents extends ContractAddresses {
  readonly sessions: readonly LoggedOf<'SessionScheduled'>['data'][];
}

/** Looks up sessions and contracts; as far as the log can be read. */
export async function contentsOf(store: SqliteEventStore): Promise<LogContents> {
  const sessions: LoggedOf<'SessionScheduled'>['data'][] = [];
  const anchorContracts: string[] = [];
  const tokenContracts: string[] = [];
  const agreementContracts: string[] = [];
  const types: LoggedEvent['type'][] = ['SessionScheduled', 'CertifierStarted'];
  try {
    for await (const recorded of store.readAll({ filter: { types } })) {
      const event = recorded as unknown as LoggedEvent;
      if (event.type === 'SessionScheduled') sessions.push(event.data);
      if (event.type !== 'CertifierStarted') continue;
      anchorContracts.push(event.data.anchorContract);
      tokenContracts.push(event.data.tokenContract);
      agreementContracts.push(
        ...(event.data.agreementContract ? [event.data.agreementContract] : []),
      );
    }
  } catch (error) {
    // The pass over all rows names what cannot be read.
    if (!(error instanceof LogDamaged)) throw error;
  }
  return { sessions, anchorContracts, tokenContracts, agreementContracts };
}
