import { ChainUnavailable } from '@flexledger/contracts';
import { DomainError } from '@flexledger/domain';
import type { Principal, Resource } from '@flexledger/identity';
import { type PodDocument, getPod, platoneWallet } from '@flexledger/projections';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Controller,
  Get,
  Inject,
  Param,
  ParseEnumPipe,
  Query,
  ServiceUnavailableException,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { ClaimQueryDto } from './claim.dto';
import { podAward, walletOf } from './pod-award';
import type { TokenClaims } from './token-ledger';
import { type WalletClaim, claimOf } from './wallet-claim';

/** The two who earn with a PoD. */
enum Holder {
  customer = 'customer',
  aggregator = 'aggregator',
}

/** Awards and wallets of those who earn with a PoD. */
@ApiTags('market: wallets')
@Controller()
export class WalletsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  /** The path that Platone's market platform gave it (D2.4 3.1). */
  @Get('contracts/transactions/balanceOf/:pod')
  @Scopes('settlements:read')
  @ApiOperation({
    summary:
      'What the customer of a PoD has earned with it, and what its wallet has and has claimed',
    description: 'A wallet that several PoDs share has claimed what all of them earned together.',
  })
  balanceOf(@Param('pod') podId: string, @Speaker() speaker: Principal) {
    const { documents, awards, tokens } = this.market;
    return this.ofPod(speaker, podId, ownersOf, async (pod) => {
      const award = await podAward(documents, await awards.book(), pod);
      const [claimed, balance] = await Promise.all([
        tokens.claimedMicroEur(award.wallet),
        tokens.balanceOfMicroEur(award.wallet),
      ]).catch(unavailable);
      return {
        ...award,
        walletClaimedMicroEur: Number(claimed),
        walletBalanceMicroEur: Number(balance),
      };
    });
  }

  @Get('contracts/transactions/balanceOf/:pod/platone')
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'The wallet of the customer of a PoD, in the names of D2.4 table 2' })
  platoneWallet(@Param('pod') podId: string, @Speaker() speaker: Principal) {
    return this.ofPod(speaker, podId, ownersOf, async (pod) => {
      const wallet = walletOf(pod);
      const balance = await this.market.tokens.balanceOfMicroEur(wallet).catch(unavailable);
      return platoneWallet(wallet, Number(balance));
    });
  }

  @Get('api/v1/pods/:podId/claims/:holder')
  @Scopes('settlements:read')
  @ApiParam({ name: 'holder', enum: Holder })
  @ApiOperation({
    summary: 'What `claim` of the token contract takes: a wallet, what it earned, and the proof',
    description:
      'Of the customer of a PoD, or of its aggregator: what the contract pays now by this proof. It gives the ' +
      'wallet what it has not claimed yet. What was awarded within the last hour can still be challenged and is ' +
      'not in it (`awardedMicroEur` has all); once a later award is claimable, the contract asks for ' +
      'the proof of that one (`Superseded`): ask again. What was awarded before the log went on to another contract ' +
      'is claimed in the one before: name its address by `tokenContract`.',
  })
  claim(
    @Param('podId') podId: string,
    @Param('holder', new ParseEnumPipe(Holder)) holder: Holder,
    @Query() { tokenContract }: ClaimQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<WalletClaim> {
    const isCustomer = holder === Holder.customer;
    const { awards } = this.market;
    const owners = isCustomer ? ownersOf : aggregatorOf;
    return this.ofPod(speaker, podId, owners, async (pod) =>
      claimOf(isCustomer ? walletOf(pod) : aggregatorWallet(pod), {
        awards,
        tokens: this.claimedIn(tokenContract),
      }).catch(unavailable),
    );
  }

  /** @throws DomainError `token-contract-unknown` */
  private claimedIn(address: string | undefined): TokenClaims {
    const { tokens } = this.market;
    if (address === undefined) return tokens;
    const found = [tokens, ...tokens.former].find(
      (one) => one.address.toLowerCase() === address.toLowerCase(),
    );
    if (found) return found;
    throw new DomainError(
      'token-contract-unknown',
      `The log has no token contract ${address}; it has ${[tokens, ...tokens.former].map((one) => one.address).join(', ')}.`,
    );
  }

  /** Answers about a PoD to those whose it is. @throws DomainError `pod-unknown` */
  private ofPod<Answer>(
    speaker: Principal,
    podId: string,
    owners: (pod: PodDocument) => Resource,
    answer: (pod: PodDocument) => Promise<Answer>,
  ): Promise<Answer> {
    const needs = {
      speaker,
      action: 'settlements:read',
      owner: async () => owners(await this.requiredPod(podId)),
    } as const;
    const run = async () => answer(await this.requiredPod(podId));
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  private async requiredPod(podId: string): Promise<PodDocument> {
    const pod = await getPod(this.market.documents, podId);
    if (pod) return pod;
    throw new DomainError('pod-unknown', `There is no PoD ${podId} in the register.`);
  }
}

function ownersOf(pod: PodDocument): Resource {
  return { podId: pod.podId, ...aggregatorOf(pod) };
}

function aggregatorOf({ aggregatorId }: PodDocument): Resource {
  return aggregatorId === null ? {} : { aggregatorId };
}

function aggregatorWallet({ podId, agreement }: PodDocument): string {
  if (agreement) return agreement.terms.aggregatorWallet;
  throw new DomainError('agreement-unknown', `No agreement was ever proposed for PoD ${podId}.`);
}

/** A silent chain is not the caller's mistake, and passes. */
function unavailable(error: unknown): never {
  if (error instanceof ChainUnavailable) throw new ServiceUnavailableException(error.message);
  throw error;
}
