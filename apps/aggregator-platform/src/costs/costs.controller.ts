import { DomainError, type UnitCosts } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { findUnitCosts } from '@flexledger/projections';
import { HttpCommand, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, HttpCode, Inject, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Aggregator } from '../aggregator';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownQuery, speakingAggregator } from '../http/speaking-aggregator';
import { CostFileDto, CostsDto, MarginDto } from './costs.dto';
import { CostFileError, parseCosts } from './parse-costs';

/** What an aggregator's plants cost and can follow: its own business, seen by nobody else. */
@ApiTags('aggregator: costs')
@Controller('api/v1/portfolio')
export class CostsController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('costs')
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Costs and limits of your plants as declared last, and your margin' })
  list(@Query() page: PageDto, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'orders:read', async ({ aggregatorId, costs }) => {
        const { items, next } = await findUnitCosts(this.aggregators.documents, aggregatorId, page);
        return { marginPerMille: await costs.marginPerMilleOf(aggregatorId), items, next };
      }),
    );
  }

  @Put('costs')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Declare what your plants cost and can follow; automatic offers go by nothing else',
    description: 'All of them or none. What is declared again unchanged adds nothing.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  declare(
    @Body() { units }: CostsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.declaring({ speaker, key, asked: { units } }, () => units.map(plain));
  }

  @Post('costs/import')
  @HttpCode(200)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'The same from a file: CSV, JSON or XML; a bad file is refused' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  importFile(
    @Body() { format, text }: CostFileDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.declaring({ speaker, key, asked: { format, text } }, () => {
      try {
        return parseCosts(text, format);
      } catch (error) {
        if (!(error instanceof CostFileError)) throw error;
        throw new DomainError('cost-file-malformed', error.message, [
          { field: 'text', reason: error.message },
        ]);
      }
    });
  }

  @Put('margin')
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Declare what offers add to the costs, per mille' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  declareMargin(
    @Body() { marginPerMille }: MarginDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { aggregatorId, costs } = speakingAggregator(this.aggregators, speaker);
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId },
        about: `costs/${aggregatorId}`,
        key,
        asked: { marginPerMille },
        run: async (context) => {
          return { changed: await costs.declareMargin(aggregatorId, marginPerMille, context) };
        },
      }),
    );
  }

  private declaring(
    { speaker, key, asked }: { speaker: Principal; key: string | undefined; asked: object },
    unitsOf: () => readonly UnitCosts[],
  ) {
    const own = speakingAggregator(this.aggregators, speaker);
    const { aggregatorId, costs } = own;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId },
        about: `costs/${aggregatorId}`,
        key,
        asked,
        run: async (context) => {
          const units = unitsOf();
          await requireOwn(own, units);
          const changed = await costs.declare(aggregatorId, units, context);
          return { units: units.length, changed };
        },
      }),
    );
  }
}

/** @throws DomainError `pod-foreign` naming each PoD that is not a registered one of the aggregator */
async function requireOwn(
  { aggregatorId, ports }: Aggregator,
  units: readonly UnitCosts[],
): Promise<void> {
  const customers = await ports.register.podsOf({ aggregatorId });
  const known = new Set(customers.map(({ podId }) => podId));
  const violations = units.flatMap(({ podId }, index) =>
    known.has(podId)
      ? []
      : [{ field: `units[${index}].podId`, reason: `${podId} is not one of your registered PoDs` }],
  );
  if (violations.length === 0) return;
  const others = violations.length > 1 ? `, nor are ${violations.length - 1} others` : '';
  throw new DomainError(
    'pod-foreign',
    `PoD ${units.find(({ podId }) => !known.has(podId))!.podId} is not one of the registered PoDs of ` +
      `${aggregatorId}${others}; register it first, or take it out.`,
    violations,
  );
}

/** A unit without the class that checked it. */
function plain({ limits, ...unit }: UnitCosts): UnitCosts {
  return { ...unit, limits: limits ? { ...limits } : null };
}
