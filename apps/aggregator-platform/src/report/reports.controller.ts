import { DomainError, type FlexibilityOffer } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { allOf, findOffers, getSettlement, requiredSession } from '@flexledger/projections';
import { Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Aggregator } from '../aggregator';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownQuery } from '../http/speaking-aggregator';
import { compareSettlement } from '../settlement-check/compare-settlement';
import { ownSettlement } from '../settlement-check/settlement-check';
import { reportSession } from './offered-accepted';

/** What became of an aggregator's offers: accepted, and settled as it computes it itself. */
@ApiTags('aggregator: reports')
@Controller('api/v1/portfolio/sessions/:sessionId')
export class ReportsController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('report')
  @Scopes('results:read')
  @ApiOperation({ summary: 'Offered and accepted, by offer and service (FR_AP_A_1)' })
  @ApiResponse({ status: 409, description: 'Its result is not published yet' })
  report(@Param('sessionId') sessionId: string, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'results:read', (own) => this.reported(own, sessionId)),
    );
  }

  @Get('settlement-check')
  @Scopes('settlements:read')
  @ApiOperation({
    summary: "The market's settlement beside your own computation, and what you disputed",
    description: 'Computed from your results and the measurements of your PoDs (FR_AP_SR_1/2/3).',
  })
  settlementCheck(@Param('sessionId') sessionId: string, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'settlements:read', (own) =>
        this.checked(own, sessionId),
      ),
    );
  }

  private async reported({ aggregatorId, ports: { results } }: Aggregator, sessionId: string) {
    const { deliveryDay, mtuCount, status } = await requiredSession(
      this.aggregators.documents,
      sessionId,
    );
    const sales = await results.resultsOf(aggregatorId, deliveryDay);
    const published = sales.find((sold) => sold.sessionId === sessionId);
    if (!published) {
      throw new DomainError(
        'result-pending',
        `Session ${sessionId} is ${status}; it is reported once its result is published.`,
      );
    }
    const offers = await this.offersOf(aggregatorId, sessionId);
    return { sessionId, aggregatorId, ...reportSession(offers, published.rows, mtuCount) };
  }

  private async checked(
    { aggregatorId, ports: { results }, metering }: Aggregator,
    sessionId: string,
  ) {
    const { documents, rules } = this.aggregators;
    const { deliveryDay } = await requiredSession(documents, sessionId);
    const settlement = await getSettlement(documents, sessionId);
    const correction = settlement?.correction ?? null;
    const published =
      correction === null
        ? undefined
        : await results.settledRows(aggregatorId, sessionId, correction);
    if (!settlement || !published) {
      throw new DomainError(
        'settlement-unknown',
        `Session ${sessionId} is not settled yet; that happens after its delivery.`,
      );
    }
    const own = { aggregatorId, results, metering, rules };
    const expected = await ownSettlement(own, sessionId, deliveryDay);
    const comparison = compareSettlement(published.rows, expected);
    return {
      sessionId,
      aggregatorId,
      correction,
      agrees: comparison.disputed.length === 0,
      ...comparison,
      recordedDisputes: settlement.disputes.filter(
        (dispute) => dispute.aggregatorId === aggregatorId,
      ),
    };
  }

  private offersOf(aggregatorId: string, sessionId: string): Promise<FlexibilityOffer[]> {
    const { documents } = this.aggregators;
    return allOf((page) => findOffers(documents, { sessionId, aggregatorId }, page));
  }
}
