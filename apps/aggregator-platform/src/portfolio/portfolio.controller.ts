import { DomainError, type PodCommand, MTU_MS } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  findDispatches,
  findPods,
  findSilentPods,
  getBaselines,
  measurementsBetween,
} from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Aggregator } from '../aggregator';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { periodOf } from '../http/delivery-period';
import { ownCommand, ownQuery } from '../http/speaking-aggregator';
import { priceCurves } from '../price-curve/price-curve';
import { changeOwnPods, listOf } from './own-pods';
import { AutomaticOffersDto, DayDto, HistoryPageDto, PortfolioListDto } from './portfolio.dto';

/** A month of a page of PoDs; longer histories page by time. */
const LONGEST_HISTORY_MS = 31 * 86_400_000;

/** An aggregator's customers: plants, flags, measurements, costs, and what was dispatched. */
@ApiTags('aggregator: portfolio')
@Controller('api/v1/portfolio')
export class PortfolioController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('pods:read')
  @ApiOperation({
    summary: 'Your PoDs with flexibility, flag and own knowledge; with `day` also what holds then',
    description:
      'With `silent=true` those of which an alarm `nodesSilent` tells the first and the last only.',
  })
  list(@Query() page: PortfolioListDto, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'pods:read', (own) => this.customersOf(own, page)),
    );
  }

  @Put('automatic-offers')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Flag PoDs in or out of the offers that are sent by themselves',
    description: 'Each PoD by itself: one refusal leaves the others standing.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  flag(
    @Body() { podIds, automaticOffers }: AutomaticOffersDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const asked = { podIds, automaticOffers };
    const command = {
      speaker,
      action: 'offers:write',
      about: 'automaticOffers',
      key,
      asked,
    } as const;
    return this.commands.execute(
      ownCommand(this.aggregators, command, async ({ aggregatorId, ports }, context) => {
        const commands = podIds.map((podId): PodCommand => ({
          kind: 'changeAutomaticOffers',
          podId,
          automaticOffers,
        }));
        const list = listOf(context);
        const answers = await changeOwnPods(ports.register, aggregatorId, list, commands);
        return { items: podIds.map((podId, index) => ({ podId, ...answers[index]! })) };
      }),
    );
  }

  @Get('measurements')
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'Measured quarter-hours of your PoDs, rising; a page holds PoDs, 31 days at most',
  })
  measurements(@Query() page: HistoryPageDto, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'measurements:read', (own) => this.historyOf(own, page)),
    );
  }

  @Get('price-curve')
  @Scopes('orders:read')
  @ApiOperation({
    summary: 'What your flexibility costs, by MTU of a delivery day and direction, cheapest first',
  })
  priceCurve(@Query() { day }: DayDto, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'orders:read', async ({ portfolio }) => {
        const { startMs, mtuCount } = periodOf(day, this.aggregators.rules.timeZone);
        const { pods } = await portfolio.on(day);
        const items = priceCurves(pods, mtuCount).map(({ mtu, ...curve }) => ({
          mtu,
          mtuStart: isoFromMs(startMs + mtu * MTU_MS),
          ...curve,
        }));
        return { day, items };
      }),
    );
  }

  @Get('dispatches')
  @Scopes('setpoints:read')
  @ApiOperation({
    summary: 'Windows dispatched, the latest first, each with what could not be delivered as sold',
  })
  dispatches(@Query() page: PageDto, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'setpoints:read', ({ aggregatorId }) =>
        findDispatches(this.aggregators.documents, { aggregatorId }, page),
      ),
    );
  }

  private async customersOf(
    { aggregatorId, costs }: Aggregator,
    { day, silent, ...page }: PortfolioListDto,
  ) {
    const { documents, rules } = this.aggregators;
    if (day !== undefined) periodOf(day, rules.timeZone);
    const where = { aggregatorId, status: 'registered' };
    const { items, next } =
      silent === undefined
        ? await findPods(documents, where, page)
        : await findSilentPods(documents, aggregatorId, undefined, page);
    const podIds = items.map(({ podId }) => podId);
    const knowledge = await costs.knowledgeOf(aggregatorId, podIds);
    const baselines = day === undefined ? [] : await getBaselines(documents, podIds, day);
    const pods = items.map(({ podId, pom, details, flexibility, ...pod }, index) => ({
      podId,
      pom,
      details,
      flexibility,
      automaticOffers: pod.automaticOffers,
      silentSince: pod.node?.connected === false ? pod.node.connectionSince : null,
      knowledge: knowledge.get(podId) ?? null,
      ...(day === undefined
        ? {}
        : {
            isAvailable: !pod.unavailableDays.includes(day),
            baseline: baselines[index] ?? null,
          }),
    }));
    return { items: pods, next };
  }

  private async historyOf({ aggregatorId }: Aggregator, { from, to, ...page }: HistoryPageDto) {
    const { documents } = this.aggregators;
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
}
