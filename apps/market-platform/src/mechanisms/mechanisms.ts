import {
  type MechanismTerms,
  type SettlementMechanismCommand,
  mechanismTerms,
  settlementMechanismDecider,
  settlementMechanismStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';

/** The id of the mechanism that terms are of: theirs and nobody else's. */
export function smartContractIdOf(terms: MechanismTerms): string {
  return `0x${documentDigest(mechanismTerms(terms)).slice(0, 40)}`;
}

/** Changes the settlement mechanisms of a log. */
export type HandleMechanism = (
  command: SettlementMechanismCommand,
  context: CommandContext,
) => Promise<void>;

/** As `HandleMechanism`; rejects as the rules do (`DomainError`). */
export function settlementMechanisms(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): HandleMechanism {
  const handler = createCommandHandler({ ...options, decider: settlementMechanismDecider });
  return async (command, context) => {
    const { smartContractId } = command.kind === 'offerMechanism' ? command.mechanism : command;
    await handler.handle(settlementMechanismStream(smartContractId), command, context);
  };
}
