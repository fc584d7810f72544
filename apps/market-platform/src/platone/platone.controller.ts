import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type PlatoneSmartContract,
  findOffers,
  findRequests,
  findSettlementRows,
  getPod,
  getSettlement,
  platoneOffer,
  platoneRequest,
  platoneSettlement,
  platoneSmartContract,
  requiredSession,
} from '@flexledger/projections';
import { HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { ownRows } from '../http/own-rows';
import { scheduledSession } from '../sessions/market-sessions';
import { platoneOutcome } from './platone-outcome';

/** The market in the names and units of the seeds (D2.4): also as `?format=platone` of the paths above. */
@ApiTags('market: as in D2.4')
@Controller('api/v1')
export class PlatoneController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('sessions/:sessionId/requests/platone')
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Requests as flexibility services of D2.4 figure 4' })
  requests(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'orders:read', ['requester']);
    const { documents } = this.market;
    const run = async () => {
      const session = await requiredSession(documents, sessionId);
      const { items, next } = await findRequests(documents, { sessionId, ...own }, page);
      return { items: items.map((request) => platoneRequest(request, session)), next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('sessions/:sessionId/offers/platone')
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Offers as flexibility services of D2.4 figure 4' })
  offers(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'orders:read', ['aggregatorId']);
    const { documents } = this.market;
    const run = async () => {
      const session = await requiredSession(documents, sessionId);
      const { items, next } = await findOffers(documents, { sessionId, ...own }, page);
      return { items: items.map((offer) => platoneOffer(offer, session)), next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('sessions/:sessionId/outcomes/platone')
  @Scopes('results:read')
  @ApiOperation({
    summary: 'The validated outcome of D2.4 figure 6, PoD by PoD',
    description:
      'What the DSO did not permit is there too, as KO. Empty until the result is published.',
  })
  outcome(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'results:read', ['aggregatorId', 'requester', 'podId']);
    const run = async () => {
      const session = await scheduledSession(this.market.sessions, sessionId);
      return platoneOutcome(session, own, page);
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('sessions/:sessionId/settlement/rows/platone')
  @Scopes('settlements:read')
  @ApiOperation({
    summary: 'The settlement of D2.4 tables 5 to 7, PoD by PoD',
    description: 'A page is a number of settled rows; what follows of a PoD is on the next one.',
  })
  settlement(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'settlements:read', ['aggregatorId', 'requester', 'podId']);
    const { documents } = this.market;
    const run = async () => {
      const session = await requiredSession(documents, sessionId);
      const { items, next } = await findSettlementRows(documents, { sessionId, ...own }, page);
      const published = (await getSettlement(documents, sessionId))?.published ?? null;
      return { ...platoneSettlement(session, items, published !== null), next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('pods/:podId/agreement/platone')
  @Scopes('agreements:read')
  @ApiOperation({ summary: 'Where the agreement of a PoD is certified, as D2.4 table 4 has it' })
  contract(
    @Param('podId') podId: string,
    @Speaker() speaker: Principal,
  ): Promise<PlatoneSmartContract> {
    const terms = async () => {
      const agreement = (await getPod(this.market.documents, podId))?.agreement;
      if (agreement) return agreement.terms;
      throw new DomainError(
        'agreement-unknown',
        `No agreement was ever proposed for PoD ${podId}.`,
      );
    };
    const owner = async () => ({ podId, aggregatorId: (await terms()).aggregatorId });
    const needs = { speaker, action: 'agreements:read', owner } as const;
    const run = async () => platoneSmartContract(await terms(), this.market.agreementContract);
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}
