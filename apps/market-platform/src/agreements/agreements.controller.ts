import { type AgreementCommand, DomainError } from '@flexledger/domain';
import { type Principal, type Resource, may } from '@flexledger/identity';
import {
  type AgreementOfPod,
  type Page,
  type PodDocument,
  findPods,
  getPod,
} from '@flexledger/projections';
import {
  HttpCommand,
  HttpQuery,
  type Owner,
  type PageDto,
  Scopes,
  Speaker,
} from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { type RowOwner, ownRows } from '../http/own-rows';
import { smartContractIdOf } from '../mechanisms/mechanisms';
import { AgreementQueryDto, ReasonDto, TermsDto } from './agreement.dto';

/** The agreement of a PoD as it is shown. */
interface AgreementView extends AgreementOfPod {
  readonly podId: string;
  /** Of the settlement mechanism that its terms are. */
  readonly smartContractId: string;
}

/**
 * Agreements between aggregators and their customers (FR-MP-SET-01/02, FR_AP_PR_1): proposed by the
 * aggregator, shown to the customer, accepted or refused, ended by either.
 */
@ApiTags('market: agreements')
@Controller('api/v1')
export class AgreementsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('agreements')
  @Scopes('agreements:read')
  @ApiOperation({
    summary: 'Agreements by PoD, the last of each',
    description: 'A page may hold fewer than its limit; go on while `next` is not null.',
  })
  list(@Query() { status, ...page }: AgreementQueryDto, @Speaker() speaker: Principal) {
    const own = ownRows(speaker, 'agreements:read', ['aggregatorId', 'podId']);
    const run = async () => {
      const { items, next } = await this.podsOf(own, page);
      const wanted = items
        .flatMap((pod) => shown(pod) ?? [])
        .filter((agreement) => status === undefined || agreement.status === status)
        .filter((agreement) => may(speaker, 'agreements:read', ownersOf(agreement)));
      return { items: wanted, next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('pods/:podId/agreement')
  @Scopes('agreements:read')
  @ApiOperation({
    summary: 'The agreement of a PoD: terms, status, and its certificate on the chain',
    description:
      '`termsDigest` is the SHA-256 of the canonical JSON (RFC 8785) of `{acceptance, terms}`: ' +
      '`acceptedHash` and the terms without anything else.',
  })
  one(@Param('podId') podId: string, @Speaker() speaker: Principal): Promise<AgreementView> {
    const needs = {
      speaker,
      action: 'agreements:read',
      owner: async () => ownersOf(await this.required(podId)),
    } as const;
    return this.queries.execute(new HttpQuery({ needs, run: () => this.required(podId) }));
  }

  @Put('pods/:podId/agreement')
  @Scopes('agreements:write')
  @ApiOperation({
    summary: 'Propose terms to a customer of yours; until answered, others replace them',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  propose(
    @Param('podId') podId: string,
    @Body() terms: TermsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const command = { kind: 'proposeAgreement', podId, terms: { podId, ...terms } } as const;
    return this.handle(command, speaker, key, () => this.customerOf(podId, terms.aggregatorId));
  }

  @Post('pods/:podId/agreement/acceptance')
  @HttpCode(200)
  @Scopes('agreements:write')
  @ApiOperation({
    summary: 'Accept, as the customer, the terms you have read',
    description: 'The terms are sent back as read; what was proposed since then is not accepted.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  accept(
    @Param('podId') podId: string,
    @Body() terms: TermsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const command = { kind: 'acceptAgreement', podId, terms: { podId, ...terms } } as const;
    return this.handle(command, speaker, key, { podId });
  }

  @Post('pods/:podId/agreement/refusal')
  @HttpCode(200)
  @Scopes('agreements:write')
  @ApiOperation({ summary: 'Refuse, as the customer, what is proposed' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  refuse(
    @Param('podId') podId: string,
    @Body() { reason }: ReasonDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.handle({ kind: 'refuseAgreement', podId, reason }, speaker, key, { podId });
  }

  @Post('pods/:podId/agreement/end')
  @HttpCode(200)
  @Scopes('agreements:write')
  @ApiOperation({
    summary: 'End an agreement, or take a proposal back',
    description: 'What was sold under it is settled and shared by its terms all the same.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  end(
    @Param('podId') podId: string,
    @Body() { reason }: ReasonDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const command = { kind: 'endAgreement', podId, reason } as const;
    return this.handle(command, speaker, key, async () => ownersOf(await this.required(podId)));
  }

  private async podsOf(
    { podId, aggregatorId }: RowOwner,
    page: PageDto,
  ): Promise<Page<PodDocument>> {
    const { documents } = this.market;
    if (podId === undefined) {
      return findPods(documents, aggregatorId === undefined ? {} : { aggregatorId }, page);
    }
    const pod = await getPod(documents, podId);
    return { items: pod ? [pod] : [], next: null };
  }

  private handle(
    command: AgreementCommand,
    speaker: Principal,
    key: string | undefined,
    owner: Owner,
  ): Promise<{ readonly podId: string }> {
    const { podId } = command;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'agreements:write',
        owner,
        about: `agreement/${podId}`,
        key,
        asked: command,
        readsViews: true,
        run: async (context) => {
          await this.market.agreements.handle(command, context);
          return { podId };
        },
      }),
    );
  }

  /** Whose an agreement is that is proposed in an aggregator's name: nobody's where the PoD is another's. */
  private async customerOf(podId: string, aggregatorId: string): Promise<Resource> {
    const pod = await getPod(this.market.documents, podId);
    if (pod?.status !== 'registered') {
      throw new DomainError('pod-unknown', `There is no PoD ${podId} in the register.`);
    }
    return pod.aggregatorId === aggregatorId ? { aggregatorId } : {};
  }

  private async required(podId: string): Promise<AgreementView> {
    const pod = await getPod(this.market.documents, podId);
    const agreement = pod && shown(pod);
    if (agreement) return agreement;
    throw new DomainError('agreement-unknown', `No agreement was ever proposed for PoD ${podId}.`);
  }
}

function shown({ podId, agreement }: PodDocument): AgreementView | undefined {
  if (!agreement) return undefined;
  return { podId, smartContractId: smartContractIdOf(agreement.terms), ...agreement };
}

function ownersOf({ podId, terms }: AgreementView): Resource {
  return { podId, aggregatorId: terms.aggregatorId };
}
