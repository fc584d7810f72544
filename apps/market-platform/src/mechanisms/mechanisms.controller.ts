import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type PodDocument,
  type SettlementMechanismDocument,
  allOf,
  eachOf,
  findPods,
  findSettlementMechanisms,
  getPod,
  getSettlementMechanism,
  isInGroup,
} from '@flexledger/projections';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { ownRows } from '../http/own-rows';
import { MechanismDto, MechanismProposalsDto, MechanismQueryDto } from './mechanism.dto';
import { smartContractIdOf } from './mechanisms';

/**
 * Settlement mechanisms (D3.3 A.1.2.5, FR_MP_SET_1/2): each aggregator's ways of sharing what the market
 * pays, each for one PoD or for PoDs of a kind. An agreement that is proposed by one is certified and
 * shared by its terms, like any other.
 */
@ApiTags('market: agreements')
@Controller('api/v1/settlement-mechanisms')
export class MechanismsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('agreements:read')
  @ApiOperation({
    summary: 'Settlement mechanisms to choose from: your own, or those of your aggregator',
    description:
      '`smartContractId` is 0x and the first 40 hex digits of the SHA-256 of the canonical JSON (RFC 8785) ' +
      'of aggregatorId, customerSharePerMille, customerPenaltySharePerMille and aggregatorWallet in lower case.',
  })
  list(@Query() { podId: asked, ...page }: MechanismQueryDto, @Speaker() speaker: Principal) {
    const { documents } = this.market;
    const own = ownRows(speaker, 'agreements:read', ['aggregatorId', 'podId']);
    const podId = own.podId ?? asked;
    const run = async () => {
      if (podId === undefined) {
        const { aggregatorId } = own;
        const where = aggregatorId === undefined ? {} : { aggregatorId };
        return findSettlementMechanisms(documents, where, page);
      }
      const pod = await getPod(documents, podId);
      const aggregatorId = pod?.aggregatorId;
      const isForeign = own.aggregatorId !== undefined && own.aggregatorId !== aggregatorId;
      if (!pod || !aggregatorId || isForeign) return { items: [], next: null };
      const where = { aggregatorId, status: 'offered' } as const;
      const all = await allOf((next) => findSettlementMechanisms(documents, where, next));
      const forPod = all.filter((mechanism) => isFor(mechanism, pod));
      return { items: own.podId === undefined ? forPod : forPod.map(withoutOthers), next: null };

      /** A customer is not told who its neighbours are. */
      function withoutOthers(mechanism: SettlementMechanismDocument): SettlementMechanismDocument {
        const { cluster } = mechanism;
        return cluster.podIds
          ? { ...mechanism, cluster: { ...cluster, podIds: [podId!] } }
          : mechanism;
      }
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @HttpCode(200)
  @Scopes('agreements:write')
  @ApiOperation({
    summary: 'Offer a settlement mechanism; its terms make its id',
    description: 'The same terms again change its name and the PoDs that it is for.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  offer(
    @Body() { name, cluster, ...terms }: MechanismDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const smartContractId = smartContractIdOf(terms);
    const mechanism = { smartContractId, name, ...terms, cluster: { ...cluster } };
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'agreements:write',
        owner: { aggregatorId: terms.aggregatorId },
        about: `settlementMechanism/${smartContractId}`,
        key,
        asked: mechanism,
        run: async (context) => {
          await this.market.handleMechanism({ kind: 'offerMechanism', mechanism }, context);
          return { smartContractId };
        },
      }),
    );
  }

  @Delete(':smartContractId')
  @HttpCode(200)
  @Scopes('agreements:write')
  @ApiOperation({
    summary: 'Withdraw a mechanism: nothing is proposed by it any more, what stands goes on',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  withdraw(
    @Param('smartContractId') smartContractId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'agreements:write',
        owner: () => this.ownerOf(smartContractId),
        about: `settlementMechanism/${smartContractId}`,
        key,
        asked: { withdrawn: smartContractId },
        readsViews: true,
        run: async (context) => {
          const { aggregatorId } = await this.required(smartContractId);
          const command = { kind: 'withdrawMechanism', smartContractId, aggregatorId } as const;
          await this.market.handleMechanism(command, context);
          return { smartContractId, status: 'withdrawn' as const };
        },
      }),
    );
  }

  @Post(':smartContractId/proposals')
  @HttpCode(200)
  @Scopes('agreements:write')
  @ApiOperation({
    summary:
      'Propose an agreement by this mechanism to the PoDs that it is for, or to some of them',
    description:
      'Where an agreement is in force it stands; what was only proposed is replaced. Each PoD that is ' +
      'refused is named with the reason.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  propose(
    @Param('smartContractId') smartContractId: string,
    @Body() { podIds }: MechanismProposalsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'agreements:write',
        owner: () => this.ownerOf(smartContractId),
        about: `settlementMechanism/${smartContractId}/proposals`,
        key,
        asked: { podIds },
        readsViews: true,
        run: () => this.proposed(smartContractId, podIds),
      }),
    );
  }

  private async proposed(smartContractId: string, podIds: readonly string[] | undefined) {
    const mechanism = await this.required(smartContractId);
    if (mechanism.status === 'withdrawn') {
      throw new DomainError(
        'mechanism-withdrawn',
        `Settlement mechanism ${smartContractId} is withdrawn; offer it again to propose it.`,
      );
    }
    const { aggregatorId, customerSharePerMille, customerPenaltySharePerMille } = mechanism;
    const { aggregatorWallet } = mechanism;
    const proposed: string[] = [];
    const refused: { readonly podId: string; readonly reason: string }[] = [];
    for (const { podId, fault } of await this.recipients(mechanism, podIds)) {
      if (fault !== undefined) {
        refused.push({ podId, reason: fault });
        continue;
      }
      const shares = { customerSharePerMille, customerPenaltySharePerMille };
      try {
        await this.market.agreements.propose([
          { podId, aggregatorId, ...shares, aggregatorWallet },
        ]);
        proposed.push(podId);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        refused.push({ podId, reason: error.message });
      }
    }
    return { smartContractId, proposed, refused };
  }

  /** Who is to be asked, and why not where one is not. */
  private async recipients(
    mechanism: SettlementMechanismDocument,
    podIds: readonly string[] | undefined,
  ): Promise<readonly { readonly podId: string; readonly fault?: string }[]> {
    const { documents } = this.market;
    const { aggregatorId } = mechanism;
    if (podIds === undefined) {
      const where = { aggregatorId, status: 'registered' } as const;
      const found: { readonly podId: string }[] = [];
      for await (const pod of eachOf((page) => findPods(documents, where, page))) {
        if (isFor(mechanism, pod)) found.push({ podId: pod.podId });
      }
      return found;
    }
    return Promise.all(
      podIds.map(async (podId) => {
        const pod = await getPod(documents, podId);
        if (pod?.status !== 'registered' || pod.aggregatorId !== aggregatorId) {
          return { podId, fault: `${podId} is no PoD of ${aggregatorId}.` };
        }
        if (isFor(mechanism, pod)) return { podId };
        return { podId, fault: `${podId} is not in the cluster of ${mechanism.name}.` };
      }),
    );
  }

  /** Whose it is, and no more: who is refused is told that. */
  private async ownerOf(smartContractId: string): Promise<{ readonly aggregatorId: string }> {
    const { aggregatorId } = await this.required(smartContractId);
    return { aggregatorId };
  }

  /** @throws DomainError `mechanism-unknown` */
  private async required(smartContractId: string): Promise<SettlementMechanismDocument> {
    const mechanism = await getSettlementMechanism(this.market.documents, smartContractId);
    if (mechanism) return mechanism;
    throw new DomainError(
      'mechanism-unknown',
      `There is no settlement mechanism ${smartContractId}.`,
    );
  }
}

function isFor({ cluster }: SettlementMechanismDocument, pod: PodDocument): boolean {
  const { podIds, ...group } = cluster;
  return (podIds === undefined || podIds.includes(pod.podId)) && isInGroup(pod, group);
}
