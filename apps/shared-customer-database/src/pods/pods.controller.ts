import {
  type CommandContext,
  type DataSet,
  DomainError,
  POD_SERVICES,
  type PodCommand,
  type PodService,
  type Requester,
  deliveryDay,
} from '@flexledger/domain';
import { type Principal, type Resource, may } from '@flexledger/identity';
import {
  type BaselineDocument,
  type DocumentStore,
  type PlatonePod,
  type PodDocument,
  findPods,
  getBaseline,
  getPod,
  latestBaseline,
  platonePod,
} from '@flexledger/projections';
import {
  HttpCommand,
  HttpQuery,
  type Owner,
  Scopes,
  Speaker,
  requireAccess,
} from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  ForbiddenException,
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
import { ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../http/customer-services';
import { resourceOf } from '../http/owner-of-all';
import { requestOf } from '../register/register';
import { actionOf } from '../register/register-rights';
import {
  AvailabilityDto,
  BaselineDto,
  FlexibilityDto,
  LocationDto,
  PlatoneQueryDto,
  PodDetailsDto,
  PodDto,
  PodQueryDto,
  QualificationDto,
  ServicesDto,
} from './pod.dto';

/** The register of PoDs (flows 0, 0a, 0b). */
@ApiTags('customers: PoDs')
@Controller('api/v1/pods')
export class PodsController {
  constructor(
    @Inject(CUSTOMERS) private readonly customers: CustomerServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

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
    const run = () => findPods(this.customers.documents, where, page);
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get(':podId')
  @Scopes('pods:read')
  @ApiOperation({ summary: 'One PoD: connection, location, flexibility, node, agreement' })
  one(@Param('podId') podId: string, @Speaker() speaker: Principal): Promise<PodDocument> {
    const { documents } = this.customers;
    const owner = () => ownerOfPod(documents, podId);
    const needs = { speaker, action: 'pods:read', owner } as const;
    return this.queries.execute(new HttpQuery({ needs, run: () => knownPod(documents, podId) }));
  }

  @Get(':podId/platone')
  @Scopes('pods:read')
  @ApiOperation({
    summary: 'One PoD in the names and units of D2.4 table 3: kW, kvar, curves of 24 h by 15 min',
    description: 'With the baseline of the day that is asked for, else the one of the latest day.',
  })
  platone(
    @Param('podId') podId: string,
    @Query() { day }: PlatoneQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<PlatonePod> {
    const { documents } = this.customers;
    if (day !== undefined) this.periodOf(day);
    const owner = () => ownerOfPod(documents, podId);
    const run = async () => {
      const pod = await knownPod(documents, podId);
      const baseline =
        day === undefined
          ? await latestBaseline(documents, podId)
          : await getBaseline(documents, podId, day);
      return platonePod(pod, baseline);
    };
    const needs = { speaker, action: 'pods:read', owner } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Post()
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Register a PoD of yours; the same again changes nothing' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  register(
    @Body() pod: PodDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    const { aggregatorId } = pod;
    const owner = { aggregatorId };
    return this.submit({ kind: 'registerPod', ...pod }, { speaker, key, owner });
  }

  @Put(':podId')
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Change the details of a PoD' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  change(
    @Param('podId') podId: string,
    @Body() details: PodDetailsDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    const { aggregatorId } = details;
    // An aggregator neither changes a PoD of others nor gives one of its own away.
    const owner = async (): Promise<Resource> => {
      const present = await this.registeredOwner(podId);
      return present.aggregatorId === speaker.partyId ? { podId, aggregatorId } : present;
    };
    return this.submit({ kind: 'changePodDetails', podId, ...details }, { speaker, key, owner });
  }

  @Put(':podId/location')
  @Scopes('pods:locate')
  @ApiOperation({ summary: 'Say where a PoD hangs (the DSO)' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  locate(
    @Param('podId') podId: string,
    @Body() location: LocationDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    const owner = { podId };
    return this.submit({ kind: 'locatePod', podId, ...location }, { speaker, key, owner });
  }

  @Put(':podId/flexibility')
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'Declare how much a PoD can move, all day or by quarter-hour',
    description:
      'A declaration counts for offers made from then on: a session whose gate has closed keeps what ' +
      'stood then. A curve goes by the local clock: when the clocks change, the hour that is left out ' +
      'is not used, and the hour that comes twice has its values twice.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  declareFlexibility(
    @Param('podId') podId: string,
    @Body() flexibility: FlexibilityDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    return this.submit({ kind: 'declareFlexibility', podId, ...flexibility }, { speaker, key });
  }

  @Put(':podId/services')
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Name the services a PoD can perform; system operators qualify them' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  nameServices(
    @Param('podId') podId: string,
    @Body() { services }: ServicesDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    return this.submit({ kind: 'nameServices', podId, services }, { speaker, key });
  }

  @Put(':podId/services/:service/qualification')
  @Scopes('pods:qualify')
  @ApiOperation({ summary: 'Qualify a service of a PoD, or refuse it with the reason (DSO, TSO)' })
  @ApiParam({ name: 'service', enum: POD_SERVICES })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  qualify(
    @Param('podId') podId: string,
    @Param('service') service: PodService,
    @Body() { status, reason }: QualificationDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    const requester: Requester = speaker.role === 'tso' ? 'TSO' : 'DSO';
    const judged = { podId, service, requester } as const;
    const command: PodCommand =
      status === 'qualified'
        ? { kind: 'qualifyService', ...judged }
        : { kind: 'refuseService', ...judged, reason: reason! };
    return this.submit(command, { speaker, key, owner: { podId } });
  }

  @Get(':podId/baselines/:day')
  @Scopes('pods:read')
  @ApiOperation({ summary: 'The baseline of a delivery day, and those that it replaced' })
  baseline(
    @Param('podId') podId: string,
    @Param('day') day: string,
    @Speaker() speaker: Principal,
  ): Promise<BaselineDocument> {
    const { documents } = this.customers;
    this.periodOf(day);
    const owner = () => ownerOfPod(documents, podId, 'baselines');
    const run = async () => {
      const declared = await getBaseline(documents, podId, day);
      if (declared) return declared;
      throw new DomainError(
        'baseline-unknown',
        `PoD ${podId} has no baseline for ${day}; its aggregator declares it by PUT of the same path.`,
      );
    };
    const needs = { speaker, action: 'pods:read', owner } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Put(':podId/baselines/:day')
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Declare the baseline of a delivery day; the last one counts' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  declareBaseline(
    @Param('podId') podId: string,
    @Param('day') day: string,
    @Body() declared: BaselineDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    const { mtuCount } = this.periodOf(day);
    const baseline = { deliveryDay: day, mtuCount, ...declared };
    return this.submit({ kind: 'declareBaseline', podId, ...baseline }, { speaker, key });
  }

  @Put(':podId/availability/:day')
  @Scopes('availability:write')
  @ApiOperation({ summary: 'Switch a PoD off, or on again, for a delivery day' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  changeAvailability(
    @Param('podId') podId: string,
    @Param('day') day: string,
    @Body() { available }: AvailabilityDto,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ) {
    this.periodOf(day);
    const command = { kind: 'changeAvailability', podId, deliveryDay: day, available } as const;
    return this.submit(command, { speaker, key });
  }

  @Delete(':podId')
  @HttpCode(204)
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Unregister a PoD' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async unregister(
    @Param('podId') podId: string,
    @Headers('idempotency-key') key: Key,
    @Speaker() speaker: Principal,
  ): Promise<void> {
    const command = { kind: 'unregisterPod', podId, reason: `by ${speaker.actor}` } as const;
    await this.submit(command, { speaker, key });
  }

  /** Carries one command out. @throws DomainError as the register refuses it */
  private submit(command: PodCommand, { speaker, key, owner }: Submission) {
    const { podId, kind } = command;
    const { register } = this.customers;
    const run = async (context: CommandContext) => {
      const [answer] = await register.submit([command], requestOf(context), speaker);
      if (answer!.accepted) return { podId, changed: answer!.changed };
      const { error } = answer!;
      throw error.code === 'not-permitted' ? new ForbiddenException(error.message) : error;
    };
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: actionOf(kind),
        owner: owner ?? (() => this.registeredOwner(podId)),
        about: `register/${podId}`,
        key,
        asked: command,
        run,
      }),
    );
  }

  /** @throws DomainError `pod-unknown` */
  private async registeredOwner(podId: string): Promise<Resource> {
    const state = await this.customers.register.podState(podId);
    if (state.status !== 'registered') throw unknownPod(podId);
    return { podId, aggregatorId: state.details.aggregatorId };
  }

  private periodOf(day: string) {
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day);
    try {
      if (isDay) return deliveryDay(day, this.customers.policy.timeZone);
    } catch {
      // Falls through to the same answer: 2026-02-30 is no day either.
    }
    const reason = 'must be a day like 2026-03-17';
    throw new DomainError('day-malformed', `The day "${day}" ${reason}.`, [
      { field: 'day', reason },
    ]);
  }
}

type Key = string | undefined;

interface Submission {
  readonly speaker: Principal;
  readonly key: Key;
  /** Whose the PoD is; looked up in the register when absent. */
  readonly owner?: Owner;
}

/** A PoD of the register. @throws DomainError `pod-unknown` */
export async function knownPod(documents: DocumentStore, podId: string): Promise<PodDocument> {
  const pod = await getPod(documents, podId);
  if (!pod) throw unknownPod(podId);
  return pod;
}

/** Whose things a PoD's are. @throws DomainError `pod-unknown` */
export async function ownerOfPod(
  documents: DocumentStore,
  podId: string,
  dataSet?: DataSet,
): Promise<Resource> {
  return resourceOf(await knownPod(documents, podId), dataSet);
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
