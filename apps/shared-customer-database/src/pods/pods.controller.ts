import { DomainError, type PodCommand, deliveryDay } from '@flexledger/domain';
import { type Principal, type Scope, documentDigest, may } from '@flexledger/identity';
import { type PodDocument, findPods, getPod } from '@flexledger/projections';
import { Scopes, Speaker, requireAccess } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../edge/customer-services';
import {
  AvailabilityDto,
  BaselineDto,
  FlexibilityDto,
  LocationDto,
  PodDetailsDto,
  PodDto,
  PodQueryDto,
} from './pod.dto';

/** The register of PoDs (flows 0, 0a, 0b). */
@ApiTags('customers: PoDs')
@Controller('api/v1/pods')
export class PodsController {
  constructor(@Inject(CUSTOMERS) private readonly customers: CustomerServices) {}

  @Get()
  @Scopes('pods:read')
  @ApiOperation({ summary: 'PoDs in the order of their codes' })
  list(@Query() query: PodQueryDto, @Speaker() speaker: Principal) {
    const { limit, cursor, ...filter } = query;
    const given = Object.entries(filter).filter(([, value]) => value !== undefined);
    const where = { ...Object.fromEntries(given), ...ownPods(speaker, query.aggregatorId) };
    const page = {
      ...(limit === undefined ? {} : { limit }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    return findPods(this.customers.documents, where, page);
  }

  @Get(':podId')
  @Scopes('pods:read')
  @ApiOperation({ summary: 'One PoD: connection, location, flexibility, node, agreement' })
  one(@Param('podId') podId: string, @Speaker() speaker: Principal): Promise<PodDocument> {
    return requiredPod(this.customers, podId, speaker, 'pods:read');
  }

  @Post()
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Register a PoD of yours; the same again changes nothing' })
  async register(@Body() pod: PodDto, @Speaker() speaker: Principal) {
    requireAccess(speaker, 'pods:write', { aggregatorId: pod.aggregatorId });
    return this.submit({ kind: 'registerPod', ...pod }, speaker);
  }

  @Put(':podId')
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Change the details of a PoD' })
  async change(
    @Param('podId') podId: string,
    @Body() details: PodDetailsDto,
    @Speaker() speaker: Principal,
  ) {
    await this.requireOwn(podId, speaker, 'pods:write');
    requireAccess(speaker, 'pods:write', { aggregatorId: details.aggregatorId });
    return this.submit({ kind: 'changePodDetails', podId, ...details }, speaker);
  }

  @Put(':podId/location')
  @Scopes('pods:locate')
  @ApiOperation({ summary: 'Say where a PoD hangs (the DSO)' })
  async locate(
    @Param('podId') podId: string,
    @Body() location: LocationDto,
    @Speaker() speaker: Principal,
  ) {
    requireAccess(speaker, 'pods:locate', { podId });
    return this.submit({ kind: 'locatePod', podId, ...location }, speaker);
  }

  @Put(':podId/flexibility')
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Declare how much a PoD can move' })
  async declareFlexibility(
    @Param('podId') podId: string,
    @Body() flexibility: FlexibilityDto,
    @Speaker() speaker: Principal,
  ) {
    await this.requireOwn(podId, speaker, 'pods:write');
    return this.submit({ kind: 'declareFlexibility', podId, ...flexibility }, speaker);
  }

  @Put(':podId/baselines/:day')
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Declare the baseline of a delivery day; the last one counts' })
  async declareBaseline(
    @Param('podId') podId: string,
    @Param('day') day: string,
    @Body() { baselineW, origin }: BaselineDto,
    @Speaker() speaker: Principal,
  ) {
    await this.requireOwn(podId, speaker, 'pods:write');
    const { mtuCount } = this.periodOf(day);
    const baseline = { deliveryDay: day, mtuCount, baselineW, origin };
    return this.submit({ kind: 'declareBaseline', podId, ...baseline }, speaker);
  }

  @Put(':podId/availability/:day')
  @Scopes('availability:write')
  @ApiOperation({ summary: 'Switch a PoD off, or on again, for a delivery day' })
  async changeAvailability(
    @Param('podId') podId: string,
    @Param('day') day: string,
    @Body() { available }: AvailabilityDto,
    @Speaker() speaker: Principal,
  ) {
    await this.requireOwn(podId, speaker, 'availability:write');
    this.periodOf(day);
    return this.submit({ kind: 'changeAvailability', podId, deliveryDay: day, available }, speaker);
  }

  @Delete(':podId')
  @HttpCode(204)
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Unregister a PoD' })
  async unregister(@Param('podId') podId: string, @Speaker() speaker: Principal): Promise<void> {
    await this.requireOwn(podId, speaker, 'pods:write');
    await this.submit({ kind: 'unregisterPod', podId, reason: `by ${speaker.actor}` }, speaker);
  }

  /** Carries one command out. @throws DomainError as the register refuses it */
  private async submit(command: PodCommand, speaker: Principal) {
    const requestId = `http/${speaker.clientId}/${documentDigest(command)}`;
    const { actor } = speaker;
    const [answer] = await this.customers.census.submit([command], { requestId, actor });
    if (!answer!.accepted) throw answer!.error;
    return { podId: command.podId, changed: answer!.position >= 0 };
  }

  private async requireOwn(podId: string, speaker: Principal, action: Scope): Promise<void> {
    const state = await this.customers.census.podState(podId);
    if (state.status !== 'registered') throw unknownPod(podId);
    requireAccess(speaker, action, { podId, aggregatorId: state.details.aggregatorId });
  }

  private periodOf(day: string) {
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day);
    try {
      if (isDay) return deliveryDay(day, this.customers.timeZone);
    } catch {
      // Falls through to the same answer: 2026-02-30 is no day either.
    }
    const reason = 'must be a day like 2026-03-17';
    throw new DomainError('day-malformed', `The day "${day}" ${reason}.`, [
      { field: 'day', reason },
    ]);
  }
}

/** A PoD that the principal may see. @throws DomainError `pod-unknown`, ForbiddenException */
export async function requiredPod(
  { documents }: CustomerServices,
  podId: string,
  speaker: Principal,
  action: Scope,
): Promise<PodDocument> {
  const pod = await getPod(documents, podId);
  if (!pod) throw unknownPod(podId);
  const owner = pod.aggregatorId === null ? {} : { aggregatorId: pod.aggregatorId };
  requireAccess(speaker, action, { podId, ...owner });
  return pod;
}

function unknownPod(podId: string): DomainError {
  return new DomainError('pod-unknown', `PoD ${podId} is not registered; POST /api/v1/pods first.`);
}

/** An aggregator lists its own PoDs; a customer asks for its PoD by code instead. */
function ownPods(
  speaker: Principal,
  asked: string | undefined,
): { readonly aggregatorId?: string } {
  if (may(speaker, 'pods:read')) return {};
  const own = { aggregatorId: asked ?? speaker.partyId ?? '' };
  requireAccess(speaker, 'pods:read', own);
  return own;
}
