import {
  type AgreementCommand,
  type AgreementTerms,
  agreementDecider,
  agreementStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
  recurringContextOf,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';

/** Contracts between aggregators and customers (FR-MP-SET-01, FR_AP_PR_1). */
export interface Agreements {
  /** The aggregator proposes; the same terms again change nothing. */
  propose(terms: readonly AgreementTerms[]): Promise<void>;
  /** The customers accept the terms they have read. */
  accept(terms: readonly AgreementTerms[]): Promise<void>;
  /** Anything else, one by one. @throws DomainError when the rules refuse it */
  handle(command: AgreementCommand, context: CommandContext): Promise<void>;
}

/** Opens the agreements of a log. @throws DomainError when the rules refuse one of them */
export function createAgreements(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): Agreements {
  const handler = createCommandHandler({ ...options, decider: agreementDecider });

  async function handleAll(
    list: readonly AgreementTerms[],
    kind: 'proposeAgreement' | 'acceptAgreement',
    actorOf: (terms: AgreementTerms) => string,
  ): Promise<void> {
    const results = await handler.handleInOrder(
      list.map((terms) => {
        const { podId } = terms;
        const name = `${kind}/${podId}/${documentDigest(terms)}`;
        const command: AgreementCommand = { kind, podId, terms };
        const context = recurringContextOf(name, `agreement/${podId}`, actorOf(terms));
        return { streamId: agreementStream(podId), command, context };
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  return {
    propose: (terms) =>
      handleAll(terms, 'proposeAgreement', ({ aggregatorId }) => `aggregator:${aggregatorId}`),
    accept: (terms) => handleAll(terms, 'acceptAgreement', ({ podId }) => `customer:${podId}`),
    async handle(command, context) {
      await handler.handle(agreementStream(command.podId), command, context);
    },
  };
}
