/**
 * Who leaves the register takes its word with it: what the customer of a PoD has let others read ends with the PoD's
 * registration, so that nobody reads the next customer by the leave of the one before.
 */
import { randomBytes } from 'node:crypto';
import {
  type RecordedEvent,
  dataAccessDecider,
  dataAccessStream,
  ownerOfSource,
} from '@flexledger/domain';
import {
  type EventStore,
  type Processor,
  contextFrom,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** Revokes the grants of a PoD that is unregistered. */
export function accessProcess(log: EventStore, clock: Clock): Processor {
  const commands = createCommandHandler({ store: log, clock, decider: dataAccessDecider });

  async function readersOf(source: string): Promise<string[]> {
    const state = await commands.stateOf(dataAccessStream(source));
    return [...state].flatMap(([reader, { granted }]) => (granted.length > 0 ? [reader] : []));
  }

  return {
    name: 'customers/data-access',
    types: ['PodUnregistered'],
    async handle(event: RecordedEvent) {
      const { podId } = event.data as { readonly podId: string };
      for (const reader of await readersOf(podId)) {
        const command = {
          kind: 'revokeAccess',
          by: ownerOfSource(podId),
          source: podId,
          reader,
          reason: 'the PoD was unregistered',
          salt: randomBytes(16).toString('hex'),
        } as const;
        const context = contextFrom(event, `revoke/${reader}`, 'platform:shared-customer-database');
        await commands.handle(dataAccessStream(podId), command, context);
      }
    },
  };
}
