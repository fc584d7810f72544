import {
  DomainError,
  MTU_MINUTES,
  type Setpoint,
  type Violation,
  instantInName,
  mtuHolding,
} from '@flexledger/domain';
import { contextOf, recurringContextOf } from '@flexledger/event-store';
import { type Principal, documentDigest, may } from '@flexledger/identity';
import { type ActivationDocument, findActivations, getActivation } from '@flexledger/projections';
import { isoFromMs } from '@flexledger/runtime';
import { Scopes, Speaker, requireAccess } from '@flexledger/service-kit';
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
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../edge/customer-services';
import { type SetpointDto, SetpointQueryDto, SetpointsDto } from './setpoint.dto';

const MTU_MS = MTU_MINUTES * 60_000;
/** Further ahead nothing is sold, and no Light Node takes a setpoint. */
const LONGEST_AHEAD_MS = 48 * 3_600_000;

/** Setpoints of aggregators, and how far each has come on its way to the customer's EMS (flow 6). */
@ApiTags('customers: setpoints')
@Controller('api/v1/setpoints')
export class SetpointsController {
  constructor(@Inject(CUSTOMERS) private readonly customers: CustomerServices) {}

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
  async send(
    @Body() { setpoints: sent }: SetpointsDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const aggregatorId = speaker.partyId ?? '';
    await this.requireOwn(sent, speaker);
    const setpoints = this.checked(sent);
    const name = `http/${speaker.clientId}/setpoints/${key ?? documentDigest({ setpoints })}`;
    const named = key === undefined ? recurringContextOf : contextOf;
    const context = named(name, name, speaker.actor);
    const desk = this.customers.setpoints;
    const answers = await desk.submit(setpoints, aggregatorId, key, context);
    const [first] = answers;
    if (first?.refused && answers.every(({ refused }) => refused)) throw first.refused;
    return {
      setpoints: answers.map(({ refused, ...answer }) => ({
        ...answer,
        refused: refused ? { code: refused.code, reason: refused.message } : null,
      })),
    };
  }

  @Get()
  @Scopes('setpoints:read')
  @ApiOperation({ summary: 'Setpoints with what became of each, the latest windows first' })
  list(@Query() query: SetpointQueryDto, @Speaker() speaker: Principal) {
    const { podId, windowStart, status, ...page } = query;
    const where = {
      ...(podId === undefined ? {} : { podId }),
      ...(windowStart === undefined ? {} : { windowStart: isoFromMs(Date.parse(windowStart)) }),
      ...(status === undefined ? {} : { status }),
      ...ownSetpoints(speaker, podId),
    };
    return findActivations(this.customers.documents, where, page);
  }

  @Get(':podId/:windowStart')
  @Scopes('setpoints:read')
  @ApiOperation({
    summary: 'One setpoint: issued, sent how often, received, taken by the EMS, or why it failed',
  })
  async one(
    @Param('podId') podId: string,
    @Param('windowStart') windowStart: string,
    @Speaker() speaker: Principal,
  ): Promise<ActivationDocument> {
    const startMs = Date.parse(windowStart);
    const known = Number.isNaN(startMs)
      ? undefined
      : await getActivation(this.customers.documents, instantInName(startMs), podId);
    requireAccess(speaker, 'setpoints:read', {
      podId,
      ...(known ? { aggregatorId: known.aggregatorId } : ownerOf(speaker)),
    });
    if (known) return known;
    throw new DomainError(
      'setpoint-unknown',
      `No setpoint was issued to PoD ${podId} for the window from ${windowStart}.`,
    );
  }

  /** @throws DomainError `pod-unknown`, ForbiddenException */
  private async requireOwn(sent: readonly SetpointDto[], speaker: Principal): Promise<void> {
    for (const podId of new Set(sent.map((setpoint) => setpoint.podId))) {
      const state = await this.customers.census.podState(podId);
      if (state.status !== 'registered') {
        throw new DomainError('pod-unknown', `PoD ${podId} is not registered.`);
      }
      const { aggregatorId } = state.details;
      requireAccess(speaker, 'setpoints:write', { aggregatorId });
    }
  }

  /** Setpoints whose windows can still be followed. @throws DomainError `setpoint-malformed` */
  private checked(sent: readonly SetpointDto[]): Setpoint[] {
    const nowMs = this.customers.clock.nowMs();
    const violations: Violation[] = [];
    const setpoints = sent.map(({ podId, windowStart, targetW, targetVar }, index): Setpoint => {
      const startMs = Date.parse(windowStart);
      const reason = windowFault(startMs, targetW.length, nowMs);
      if (reason) violations.push({ field: `setpoints[${index}].windowStart`, reason });
      return {
        podId,
        windowStart: reason ? windowStart : isoFromMs(startMs),
        targetW,
        targetVar: targetVar ?? targetW.map(() => null),
      };
    });
    if (violations.length === 0) return setpoints;
    const { field, reason } = violations[0]!;
    throw new DomainError('setpoint-malformed', `${field} ${reason}.`, violations);
  }
}

function windowFault(startMs: number, mtuCount: number, nowMs: number): string | undefined {
  if (Number.isNaN(startMs) || mtuHolding(startMs) !== startMs) {
    return 'is not the start of a quarter-hour';
  }
  if (startMs + mtuCount * MTU_MS <= nowMs) return 'begins a window that is over';
  if (startMs - nowMs > LONGEST_AHEAD_MS) return 'lies more than 48 hours ahead';
  return undefined;
}

/** An aggregator lists what it sent, a customer or node what came to its PoD. */
function ownSetpoints(
  speaker: Principal,
  asked: string | undefined,
): { readonly aggregatorId?: string; readonly podId?: string } {
  if (may(speaker, 'setpoints:read')) return {};
  const own = ownerOf(speaker);
  requireAccess(speaker, 'setpoints:read', {
    ...own,
    ...(asked === undefined ? {} : { podId: asked }),
  });
  return own;
}

function ownerOf({ role, partyId }: Principal): { aggregatorId?: string; podId?: string } {
  return role === 'aggregator' ? { aggregatorId: partyId ?? '' } : { podId: partyId ?? '' };
}
