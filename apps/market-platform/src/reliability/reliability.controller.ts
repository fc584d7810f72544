import { DomainError, RELIABILITY_UNKNOWN } from '@flexledger/domain';
import { type Principal, type Resource, may } from '@flexledger/identity';
import { type PodDocument, getPod } from '@flexledger/projections';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';

/** How reliable an aggregator is, and what that rests on. */
interface AggregatorReliability {
  readonly aggregatorId: string;
  readonly reliabilityPerMille: number;
  readonly acceptedWMtu: number;
  readonly deliveredWMtu: number;
}

/** How reliable a PoD is for a session whose gate opens now, and what that rests on. */
interface PodReliability {
  readonly podId: string;
  readonly aggregatorId: string | null;
  /** What an offer of it is cleared with; 500 where nothing is known. */
  readonly reliabilityPerMille: number;
  /** What the PoD itself was sold for and delivered; what is long ago counts less. */
  readonly acceptedWMtu: number;
  readonly deliveredWMtu: number;
}

/** How reliable providers are by what was settled. */
@ApiTags('market: reliability')
@Controller('api/v1')
export class ReliabilityController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('reliability')
  @Scopes('settlements:read')
  @ApiOperation({
    summary: 'How reliable aggregators are, each its own',
    description:
      'What they delivered of what they sold, per mille, as a session whose gate opens now goes by it.',
  })
  aggregators(
    @Speaker() speaker: Principal,
  ): Promise<{ readonly items: readonly AggregatorReliability[] }> {
    const run = async () => {
      const indices = await this.market.sessions.reliabilityNow();
      const items = [...indices.aggregators()]
        .filter(([aggregatorId]) => may(speaker, 'settlements:read', { aggregatorId }))
        .map(([aggregatorId, { perMille, ...sums }]) => ({
          aggregatorId,
          reliabilityPerMille: perMille,
          ...sums,
        }));
      return { items };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('pods/:podId/reliability')
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'How reliable a PoD is, with its aggregator’s share in that' })
  pod(@Param('podId') podId: string, @Speaker() speaker: Principal): Promise<PodReliability> {
    const needs = {
      speaker,
      action: 'settlements:read',
      owner: async () => ownersOf(await this.requiredPod(podId)),
    } as const;
    const run = async () => {
      const { aggregatorId } = await this.requiredPod(podId);
      const indices = await this.market.sessions.reliabilityNow();
      const own = indices.pods().get(podId);
      return {
        podId,
        aggregatorId,
        reliabilityPerMille: indices.indexOf(aggregatorId ?? '', podId) ?? RELIABILITY_UNKNOWN,
        acceptedWMtu: own?.acceptedWMtu ?? 0,
        deliveredWMtu: own?.deliveredWMtu ?? 0,
      };
    };
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  private async requiredPod(podId: string): Promise<PodDocument> {
    const pod = await getPod(this.market.documents, podId);
    if (pod) return pod;
    throw new DomainError('pod-unknown', `There is no PoD ${podId} in the register.`);
  }
}

function ownersOf({ podId, aggregatorId }: PodDocument): Resource {
  return aggregatorId === null ? { podId } : { podId, aggregatorId };
}
