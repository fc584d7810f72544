import { ASSET_ID, DomainError, podsOfAsset } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Put,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Aggregator } from '../aggregator';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownCommand, ownQuery } from '../http/speaking-aggregator';
import { canName } from '../series/formula';
import { AssetDto } from './asset.dto';

/** How an aggregator groups its customers: its own business, seen by no other party. */
@ApiTags('aggregator: assets')
@Controller('api/v1/portfolio/assets')
export class AssetsController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('pods:read')
  @ApiOperation({ summary: 'Your assets, each with what it is made of and how many PoDs that are' })
  list(@Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'pods:read', async ({ aggregatorId }) => {
        const assets = await this.aggregators.assets.of(aggregatorId);
        const items = [...assets.values()].map((asset) => ({
          ...asset,
          pods: podsOfAsset(assets, asset.assetId).length,
        }));
        return { items };
      }),
    );
  }

  @Put(':assetId')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Define an asset: registered PoDs of yours, other assets, or both',
    description:
      'It replaces what the asset was. A PoD that is in it in several ways counts once; no asset is in ' +
      'itself, and none more than eight deep.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  define(
    @Param('assetId') assetId: string,
    @Body() { name, podIds, assetIds }: AssetDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const asset = { assetId, name, podIds, assetIds };
    const command = {
      speaker,
      action: 'offers:write',
      about: 'assets',
      key,
      asked: asset,
    } as const;
    return this.commands.execute(
      ownCommand(this.aggregators, command, async (own, context) => {
        requireName(assetId);
        await requireOwnPods(own, podIds);
        const { aggregatorId } = own;
        const { assets } = this.aggregators;
        return {
          changed: await assets.change({ kind: 'defineAsset', aggregatorId, ...asset }, context),
        };
      }),
    );
  }

  @Delete(':assetId')
  @HttpCode(204)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Remove an asset that is a part of no other' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async remove(
    @Param('assetId') assetId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<void> {
    const asked = { remove: assetId };
    const command = { speaker, action: 'offers:write', about: 'assets', key, asked } as const;
    await this.commands.execute(
      ownCommand(this.aggregators, command, ({ aggregatorId }, context) =>
        this.aggregators.assets.change({ kind: 'removeAsset', aggregatorId, assetId }, context),
      ),
    );
  }
}

/** @throws DomainError `asset-malformed` for an id of the right form that no formula could name */
function requireName(assetId: string): void {
  if (!ASSET_ID.test(assetId) || canName(assetId)) return;
  const reason = 'is a word that formulas cannot begin with; take another';
  throw new DomainError(
    'asset-malformed',
    `Asset ${assetId} cannot be defined: assetId ${reason}.`,
    [{ field: 'assetId', reason }],
  );
}

/** @throws DomainError `pod-foreign`, naming every PoD that is none of the aggregator's */
async function requireOwnPods(
  { aggregatorId, ports }: Aggregator,
  podIds: readonly string[],
): Promise<void> {
  const customers = await ports.register.podsOf({ aggregatorId });
  const known = new Set(customers.map(({ podId }) => podId));
  const violations = podIds.flatMap((podId, index) =>
    known.has(podId)
      ? []
      : [{ field: `podIds[${index}]`, reason: `${podId} is not one of your registered PoDs` }],
  );
  if (violations.length === 0) return;
  const others = violations.length > 1 ? `, nor are ${violations.length - 1} others` : '';
  throw new DomainError(
    'pod-foreign',
    `${violations[0]!.reason}${others}; register it first, or take it out.`,
    violations,
  );
}
