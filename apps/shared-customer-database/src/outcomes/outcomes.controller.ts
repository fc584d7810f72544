import { type Principal, may } from '@flexledger/identity';
import { InvalidQuery, requiredSession } from '@flexledger/projections';
import { HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, ForbiddenException, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../http/customer-services';
import {
  type OutcomeOwner,
  measuredPods,
  outcomesOfDay,
  podsOfOutcome,
} from './outcome-measurements';
import { OutcomeDayDto } from './outcomes.dto';

/** A PoD has a day of quarter-hours in it: a page of them stays small. */
const PODS_AT_ONCE = 100;

/** Measurements by market outcome, for the market and for those whose they are (flow 8). */
@ApiTags('customers: measurements')
@Controller('api/v1/outcome-measurements')
export class OutcomeMeasurementsController {
  constructor(
    @Inject(CUSTOMERS) private readonly customers: CustomerServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'The outcomes that deliver on a day, with what was measured for each, in sum',
    description:
      'Once the day is over this is flow 8 of the day. What a meter sends late is in it as soon as it comes.',
  })
  ofDay(@Query() { deliveryDay }: OutcomeDayDto, @Speaker() speaker: Principal) {
    const owner = ownOutcomes(speaker);
    const run = async () => ({
      deliveryDay,
      items: await outcomesOfDay(this.customers.documents, deliveryDay, owner),
    });
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get(':marketOutcomeId')
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'What was measured and asked of the PoDs of an outcome, by quarter-hour',
    description: 'The id of an outcome is that of its session. At most 100 PoDs a page.',
  })
  ofOutcome(
    @Param('marketOutcomeId') marketOutcomeId: string,
    @Query() { limit = PODS_AT_ONCE, cursor }: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const owner = ownOutcomes(speaker);
    const { documents } = this.customers;
    const run = async () => {
      const session = await requiredSession(documents, marketOutcomeId);
      const podIds = await podsOfOutcome(documents, marketOutcomeId, owner);
      const after = cursor === undefined ? 0 : podIds.indexOf(cursor) + 1;
      if (cursor !== undefined && after === 0) {
        const reason = `The cursor "${cursor.slice(0, 100)}" does not belong to this query; begin without one.`;
        throw new InvalidQuery('cursor', reason);
      }
      const page = podIds.slice(after, after + Math.min(limit, PODS_AT_ONCE));
      const { deliveryStart, mtuCount } = session;
      const items = await measuredPods(documents, session, page);
      const next = after + page.length < podIds.length ? page.at(-1)! : null;
      return { marketOutcomeId, deliveryStart, mtuCount, items, next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }
}

/** Everybody's for those who read all measurements, one's own for the others. */
function ownOutcomes(speaker: Principal): OutcomeOwner {
  if (may(speaker, 'measurements:read')) return {};
  const { role, partyId, actor } = speaker;
  const own = role === 'aggregator' ? { aggregatorId: partyId ?? '' } : { podId: partyId ?? '' };
  if (may(speaker, 'measurements:read', own)) return own;
  throw new ForbiddenException(`${actor} has no right to measurements by outcome here.`);
}
