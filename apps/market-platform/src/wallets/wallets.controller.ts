import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { getPod } from '@flexledger/projections';
import { Scopes, Speaker, requireAccess } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../edge/market-services';
import { podAward } from './pod-award';

/** Wallets of customers, under the path that Platone's market platform gave them (D2.4 3.1). */
@ApiTags('market: wallets')
@Controller('contracts/transactions/balanceOf')
export class WalletsController {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  @Get(':pod')
  @Scopes('settlements:read')
  @ApiOperation({
    summary: 'What the customer of a PoD has earned with it, and what its wallet has claimed',
    description: 'A wallet that several PoDs share has claimed what all of them earned together.',
  })
  async balanceOf(@Param('pod') podId: string, @Speaker() speaker: Principal) {
    const pod = await getPod(this.market.documents, podId);
    if (!pod) throw new DomainError('pod-unknown', `There is no PoD ${podId} in the register.`);
    const owner = pod.aggregatorId === null ? {} : { aggregatorId: pod.aggregatorId };
    requireAccess(speaker, 'settlements:read', { podId, ...owner });
    const award = await podAward(this.market.documents, pod);
    const claimed = await this.market.tokens.claimedMicroEur(award.wallet);
    return { ...award, walletClaimedMicroEur: Number(claimed) };
  }
}
