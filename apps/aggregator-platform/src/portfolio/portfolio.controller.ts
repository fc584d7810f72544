import { DomainError, MTU_MINUTES, type PodCommand } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  findDispatches,
  findPods,
  getBaselines,
  measurementsBetween,
} from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Inject, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AGGREGATORS, type AggregatorServices } from '../edge/aggregator-services';
import { periodOf } from '../edge/delivery-period';
import { ownDesk } from '../edge/own-desk';
import { priceCurves } from '../price-curve/price-curve';
import { changeOwnPods } from './own-pods';
import { AutomaticOffersDto, DayDto, HistoryPageDto, PortfolioPageDto } from './portfolio.dto';

/** A month of a page of PoDs; longer histories page by time. */
const LONGEST_HISTORY_MS = 31 * 86_400_000;

/** An aggregator's customers: plants, flags, measurements, costs, and what was dispatched. */
@ApiTags('aggregator: portfolio')
@Controller('api/v1/portfolio')
export class PortfolioController {
  constructor(@Inject(AGGREGATORS) private readonly aggregators: AggregatorServices) {}

  @Get()
  @Scopes('pods:read')
  @ApiOperation({
    summary: 'Your PoDs with flexibility, flag and own knowledge; with `day` also what holds then',
  })
  async list(@Query() { day, ...page }: PortfolioPageDto, @Speaker() speaker: Principal) {
    const { documents, rules } = this.aggregators;
    const desk = ownDesk(this.aggregators, speaker, 'pods:read');
    if (day !== undefined) periodOf(day, rules.timeZone);
    const where = { aggregatorId: desk.aggregatorId, status: 'registered' };
    const { items, next } = await findPods(documents, where, page);
    const podIds = items.map(({ podId }) => podId);
    const baselines = day === undefined ? [] : await getBaselines(documents, podIds, day);
    const pods = items.map(({ podId, pom, details, flexibility, ...pod }, index) => ({
      ...{ podId, pom, details, flexibility, automaticOffers: pod.automaticOffers },
      knowledge: desk.knowledgeOf(podId) ?? null,
      ...(day === undefined
        ? {}
        : {
            isAvailable: !pod.unavailableDays.includes(day),
            baseline: baselines[index] ?? null,
          }),
    }));
    return { items: pods, next };
  }

  @Put('automatic-offers')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Flag PoDs in or out of the offers that are sent by themselves',
    description: 'Each PoD by itself: one refusal leaves the others standing.',
  })
  async flag(
    @Body() { podIds, automaticOffers }: AutomaticOffersDto,
    @Speaker() speaker: Principal,
  ) {
    const { register, aggregatorId } = ownDesk(this.aggregators, speaker, 'offers:write');
    const commands = podIds.map((podId): PodCommand => ({
      kind: 'changeAutomaticOffers',
      podId,
      automaticOffers,
    }));
    const answers = await changeOwnPods(register, aggregatorId, 'automaticOffers', commands);
    return { items: podIds.map((podId, index) => ({ podId, ...answers[index]! })) };
  }

  @Get('measurements')
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'Measured quarter-hours of your PoDs, rising; a page holds PoDs, 31 days at most',
  })
  async measurements(
    @Query() { from, to, ...page }: HistoryPageDto,
    @Speaker() speaker: Principal,
  ) {
    const { documents } = this.aggregators;
    const { aggregatorId } = ownDesk(this.aggregators, speaker, 'measurements:read');
    const [fromMs, untilMs] = [msFromIso(from), msFromIso(to)];
    if (untilMs <= fromMs || untilMs - fromMs > LONGEST_HISTORY_MS) {
      const reason = 'must lie after from, by 31 days at most';
      throw new DomainError('query-malformed', `The end "${to}" ${reason}.`, [
        { field: 'to', reason },
      ]);
    }
    const { items, next } = await findPods(documents, { aggregatorId }, page);
    const podIds = items.map(({ podId }) => podId);
    const measured = await measurementsBetween(documents, podIds, fromMs, untilMs);
    return {
      items: podIds.map((podId, index) => ({
        podId,
        quarterHours: measured[index]!.map(({ mtuStartMs, ...energies }) => {
          return { mtuStart: isoFromMs(mtuStartMs), ...energies };
        }),
      })),
      next,
    };
  }

  @Get('price-curve')
  @Scopes('orders:read')
  @ApiOperation({
    summary: 'What your flexibility costs, by MTU of a delivery day and direction, cheapest first',
  })
  async priceCurve(@Query() { day }: DayDto, @Speaker() speaker: Principal) {
    const { portfolio } = ownDesk(this.aggregators, speaker, 'orders:read');
    const { startMs, mtuCount } = periodOf(day, this.aggregators.rules.timeZone);
    const curves = priceCurves(await portfolio.podsOn(day), mtuCount);
    return {
      day,
      items: curves.map(({ mtu, ...curve }) => ({
        ...{ mtu, mtuStart: isoFromMs(startMs + mtu * MTU_MINUTES * 60_000) },
        ...curve,
      })),
    };
  }

  @Get('dispatches')
  @Scopes('setpoints:read')
  @ApiOperation({
    summary: 'Windows dispatched, the latest first, each with what could not be delivered as sold',
  })
  dispatches(@Query() page: PageDto, @Speaker() speaker: Principal) {
    const { aggregatorId } = ownDesk(this.aggregators, speaker, 'setpoints:read');
    return findDispatches(this.aggregators.documents, { aggregatorId }, page);
  }
}
