import type { Principal, Scope } from '@flexledger/identity';
import type { CommandContext } from '@flexledger/domain';
import { HttpCommand, type HttpCommandOptions, HttpQuery } from '@flexledger/service-kit';
import { ForbiddenException } from '@nestjs/common';
import type { Aggregator } from '../aggregator';
import type { AggregatorServices } from './aggregator-services';

/** The aggregator who speaks. @throws ForbiddenException for any other party */
export function speakingAggregator(
  services: Pick<AggregatorServices, 'aggregatorOf'>,
  { role, partyId, actor }: Principal,
): Aggregator {
  if (role !== 'aggregator' || partyId === null) {
    throw new ForbiddenException(`${actor} is no aggregator; a portfolio is its aggregator's own.`);
  }
  return services.aggregatorOf(partyId);
}

/** What an aggregator asks of its own. @throws ForbiddenException for any other party */
export function ownQuery<Result>(
  services: Pick<AggregatorServices, 'aggregatorOf'>,
  speaker: Principal,
  action: Scope,
  run: (own: Aggregator) => Promise<Result>,
): HttpQuery<Result> {
  const own = speakingAggregator(services, speaker);
  const { aggregatorId } = own;
  return new HttpQuery({
    needs: { speaker, action, owner: { aggregatorId } },
    run: () => run(own),
  });
}

/** A command on an aggregator's own things. */
interface OwnCommand extends Pick<
  HttpCommandOptions<unknown>,
  'speaker' | 'action' | 'key' | 'asked'
> {
  /** The kind of things, `costs`: commands on those of one aggregator belong together in the log. */
  readonly about: string;
}

/** What an aggregator changes of its own. @throws ForbiddenException for any other party */
export function ownCommand<Result>(
  services: Pick<AggregatorServices, 'aggregatorOf'>,
  { about, ...command }: OwnCommand,
  run: (own: Aggregator, context: CommandContext) => Promise<Result>,
): HttpCommand<Result> {
  const own = speakingAggregator(services, command.speaker);
  const { aggregatorId } = own;
  return new HttpCommand({
    ...command,
    owner: { aggregatorId },
    about: `${about}/${aggregatorId}`,
    run: (context) => run(own, context),
  });
}
