import { type CommandContext, DomainError, type UnitCosts } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { findUnitCosts } from '@flexledger/projections';
import { PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, HttpCode, Inject, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownCommand, ownQuery } from '../http/speaking-aggregator';
import { CostFileDto, CostsDto, MarginDto } from './costs.dto';
import { type CostsOwner, declareCostFile, declareOwnCosts } from './own-costs';
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
    return this.declaring({ speaker, key, asked: { units } }, async (own, context) => ({
      units: units.length,
      changed: await declareOwnCosts(own, units.map(plain), context),
    }));
  }

  @Post('costs/import')
  @HttpCode(200)
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'The same from a file: CSV, JSON or XML; a bad file is refused, line by line',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  importFile(
    @Body() { format, text }: CostFileDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.declaring({ speaker, key, asked: { format, text } }, async (own, context) => {
      try {
        const rows = parseCosts(text, format);
        return { units: rows.length, changed: await declareCostFile(own, rows, context) };
      } catch (error) {
        if (!(error instanceof CostFileError)) throw error;
        const violations = error.faults.map(({ at, reason }) => ({ field: at, reason }));
        throw new DomainError('cost-file-malformed', error.message, violations);
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
    const asked = { marginPerMille };
    const command = { speaker, action: 'offers:write', about: 'costs', key, asked } as const;
    return this.commands.execute(
      ownCommand(this.aggregators, command, async ({ aggregatorId, costs }, context) => ({
        changed: await costs.declareMargin(aggregatorId, marginPerMille, context),
      })),
    );
  }

  private declaring(
    { speaker, key, asked }: { speaker: Principal; key: string | undefined; asked: object },
    run: (own: CostsOwner, context: CommandContext) => Promise<DeclaredCosts>,
  ) {
    const command = { speaker, action: 'offers:write', about: 'costs', key, asked } as const;
    return this.commands.execute(
      ownCommand(this.aggregators, command, ({ aggregatorId, costs, ports }, context) =>
        run({ aggregatorId, costs, register: ports.register }, context),
      ),
    );
  }
}

/** How many plants were named, and whether anything of them is new. */
interface DeclaredCosts {
  readonly units: number;
  readonly changed: boolean;
}

/** A unit without the class that checked it. */
function plain({ limits, ...unit }: UnitCosts): UnitCosts {
  return { ...unit, limits: limits ? { ...limits } : null };
}
