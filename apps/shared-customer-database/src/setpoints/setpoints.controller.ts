import { type CommandContext, DomainError, type Setpoint, instantInName } from '@flexledger/domain';
import { type Principal, type Resource, may } from '@flexledger/identity';
import { type ActivationDocument, findActivations, getActivation } from '@flexledger/projections';
import { instantMs, isoFromMs, msFromIso } from '@flexledger/runtime';
import { HttpCommand, HttpQuery, Scopes, Speaker, requireAccess } from '@flexledger/service-kit';
import {
  Body,
  Controller,
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
import { CUSTOMERS, type CustomerServices } from '../http/customer-services';
import { type SetpointDto, SetpointQueryDto, SetpointsDto } from './setpoint.dto';

/** Setpoints of aggregators, and how far each has come on its way to the customer's EMS (flow 6). */
@ApiTags('customers: setpoints')
@Controller('api/v1/setpoints')
export class SetpointsController {
  constructor(
    @Inject(CUSTOMERS) private readonly customers: CustomerServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(202)
  @Scopes('setpoints:write')
  @ApiOperation({
    summary: 'Send setpoints to PoDs of yours; each is carried to its Light Node',
    description:
      'Refused rows are named with the reason, the others stand; if all are refused, so is the ' +
      'request. The same again changes nothing. Another setpoint for a window takes the place of ' +
      'one that was not carried yet; one that has failed is tried anew under another ' +
      '`Idempotency-Key`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  send(
    @Body() { setpoints: sent }: SetpointsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const setpoints = sent.map(setpointOf);
    const owner = (): Promise<Resource> => this.ownerOfAll(setpoints, speaker);
    const command = {
      speaker,
      action: 'setpoints:write',
      owner,
      about: `setpoints/${speaker.actor}`,
      key,
      asked: { setpoints },
    } as const;
    const run = (context: CommandContext) => this.answers(setpoints, key, { context, speaker });
    return this.commands.execute(new HttpCommand({ ...command, run }));
  }

  @Get()
  @Scopes('setpoints:read')
  @ApiOperation({ summary: 'Setpoints with what became of each, the latest windows first' })
  list(@Query() query: SetpointQueryDto, @Speaker() speaker: Principal) {
    const { podId, windowStart, status, ...page } = query;
    const where = {
      ...(podId === undefined ? {} : { podId }),
      ...(windowStart === undefined ? {} : { windowStart: isoFromMs(msFromIso(windowStart)) }),
      ...(status === undefined ? {} : { status }),
      ...ownSetpoints(speaker, podId),
    };
    const run = () => findActivations(this.customers.documents, where, page);
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get(':podId/:windowStart')
  @Scopes('setpoints:read')
  @ApiOperation({
    summary: 'One setpoint: issued, sent how often, received, taken by the EMS, or why it failed',
  })
  one(
    @Param('podId') podId: string,
    @Param('windowStart') windowStart: string,
    @Speaker() speaker: Principal,
  ): Promise<ActivationDocument> {
    const find = () => this.find(podId, windowStart);
    const owner = async (): Promise<Resource> => {
      const known = await find();
      const whose = known ? { aggregatorId: known.aggregatorId } : ownerOf(speaker);
      return { podId, dataSet: 'setpoints', ...whose };
    };
    const run = async (): Promise<ActivationDocument> => {
      const known = await find();
      if (known) return known;
      throw new DomainError(
        'setpoint-unknown',
        `No setpoint was issued to PoD ${podId} for the window from ${windowStart}.`,
      );
    };
    const needs = { speaker, action: 'setpoints:read', owner } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  private async find(podId: string, windowStart: string): Promise<ActivationDocument | undefined> {
    const startMs = instantMs(windowStart);
    if (startMs === undefined) return undefined;
    return getActivation(this.customers.documents, instantInName(startMs), podId);
  }

  /** Refused rows are told; only when all are refused, so is the request. */
  private async answers(
    setpoints: readonly Setpoint[],
    attempt: string | undefined,
    { context, speaker }: { readonly context: CommandContext; readonly speaker: Principal },
  ) {
    const aggregatorId = speaker.partyId ?? '';
    const intake = this.customers.setpoints;
    const answers = await intake.submit(setpoints, aggregatorId, attempt, context);
    const [first] = answers;
    if (first?.refused && answers.every(({ refused }) => refused)) throw first.refused;
    return {
      setpoints: answers.map(({ refused, ...answer }) => ({
        ...answer,
        refused: refused ? { code: refused.code, reason: refused.message } : null,
      })),
    };
  }

  /** The owner of all the PoDs, or of one that is not the speaker's. @throws DomainError `pod-unknown` */
  private async ownerOfAll(setpoints: readonly Setpoint[], speaker: Principal): Promise<Resource> {
    for (const podId of new Set(setpoints.map((setpoint) => setpoint.podId))) {
      const state = await this.customers.register.podState(podId);
      if (state.status !== 'registered') {
        throw new DomainError('pod-unknown', `PoD ${podId} is not registered.`);
      }
      const { aggregatorId } = state.details;
      if (aggregatorId !== speaker.partyId) return { aggregatorId };
    }
    return ownerOf(speaker);
  }
}

/** As it is kept: in UTC with milliseconds, free in var where that is left out. */
function setpointOf({ podId, windowStart, targetW, targetVar }: SetpointDto): Setpoint {
  return {
    podId,
    windowStart: isoFromMs(msFromIso(windowStart)),
    targetW,
    targetVar: targetVar ?? targetW.map(() => null),
  };
}

/** An aggregator lists what it sent, a customer or node what came to its PoD, a reader of a PoD's what came there. */
function ownSetpoints(
  speaker: Principal,
  asked: string | undefined,
): { readonly aggregatorId?: string; readonly podId?: string } {
  if (may(speaker, 'setpoints:read')) return {};
  const own = ownerOf(speaker);
  const ofPod = { podId: asked ?? '', dataSet: 'setpoints' } as const;
  if (asked !== undefined && speaker.partyId !== asked && may(speaker, 'setpoints:read', ofPod)) {
    return {};
  }
  requireAccess(speaker, 'setpoints:read', {
    ...own,
    ...(asked === undefined ? {} : { podId: asked }),
  });
  return own;
}

function ownerOf({ role, partyId }: Principal): { aggregatorId?: string; podId?: string } {
  return role === 'aggregator' ? { aggregatorId: partyId ?? '' } : { podId: partyId ?? '' };
}
