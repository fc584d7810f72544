import { DomainError, MTU_MINUTES } from '@flexledger/domain';
import { type Principal, may, newClientSecret } from '@flexledger/identity';
import { DEVICE_TOPICS, type DeviceTopicKind, deviceTopic } from '@flexledger/messaging';
import {
  type AnomalyDocument,
  type DocumentStore,
  findAnomalies,
  findLightNodes,
  getLightNode,
} from '@flexledger/projections';
import { type Clock, msFromIso } from '@flexledger/runtime';
import {
  HttpCommand,
  HttpQuery,
  Live,
  PageDto,
  Public,
  Scopes,
  Speaker,
  requireAccess,
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
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { BlockchainAccessLayerPolicy } from '../policy';
import type { NodeCredentials } from './credentials';
import type { Enrolment } from './enrolment';
import {
  EnrolmentDto,
  EnrolmentTokenDto,
  KeyRotationDto,
  NodeQueryDto,
  RevocationDto,
} from './node.dto';

/** What the enrolment of Light Nodes over HTTP stands on. */
export interface NodeServices {
  readonly enrolment: Enrolment;
  readonly credentials: NodeCredentials;
  readonly policy: BlockchainAccessLayerPolicy;
  /** The read models, as far as the log had come when the request came in; `lightNodesView` and `anomaliesView` at least. */
  readonly documents: DocumentStore;
  readonly clock: Clock;
}

/** Under which Nest finds the `NodeServices`. */
export const NODES = Symbol('node services');

/** Light Nodes: a token for each, enrolment with proof of possession, revocation (R. D3.3 A.4.2). */
@ApiTags('access layer: nodes')
@Controller('api/v1/nodes')
export class NodesController {
  constructor(
    @Inject(NODES) private readonly nodes: NodeServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('pods:read')
  @ApiOperation({ summary: 'Light Nodes in the order of their PoDs, those without one among them' })
  list(@Query() { aggregatorId, status, ...page }: NodeQueryDto, @Speaker() speaker: Principal) {
    const where = {
      ...(status === undefined ? {} : { status }),
      ...ownNodes(speaker, aggregatorId),
    };
    const run = () => findLightNodes(this.nodes.documents, where, page);
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get(':podId')
  @Scopes('pods:read')
  @ApiOperation({ summary: 'One PoD’s Light Node' })
  one(@Param('podId') podId: string, @Speaker() speaker: Principal) {
    const needs = { speaker, action: 'pods:read', owner: () => this.holderOf(podId) } as const;
    const run = () => getLightNode(this.nodes.documents, podId);
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Get(':podId/anomalies')
  @Live()
  @Scopes('pods:read')
  @ApiOperation({
    summary: 'What a PoD’s node has found and signed, the last first, each with its duration',
    description: 'One that lasts has no `endedAt`; its duration is what it has lasted so far.',
  })
  anomalies(@Param('podId') podId: string, @Query() page: PageDto, @Speaker() speaker: Principal) {
    const { documents, clock } = this.nodes;
    const needs = { speaker, action: 'pods:read', owner: () => this.holderOf(podId) } as const;
    const run = async () => {
      const { items, next } = await findAnomalies(documents, podId, page);
      const nowMs = clock.nowMs();
      return { items: items.map((anomaly) => withDuration(anomaly, nowMs)), next };
    };
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Post(':podId/enrolment-token')
  @HttpCode(201)
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'A one-time token with which a Light Node enrols for your PoD',
    description:
      'It takes the place of one issued before and is shown here alone. Under the same ' +
      '`Idempotency-Key` the same token is answered again.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  issueToken(
    @Param('podId') podId: string,
    @Body() { replaces, validMinutes }: EnrolmentTokenDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { enrolment, credentials } = this.nodes;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'pods:write',
        owner: () => this.ownerOf(podId),
        about: `node/${podId}`,
        path: `node/${podId}/enrolment-token`,
        key,
        asked: { replaces, validMinutes },
        readsViews: true,
        run: async (context) => {
          // Under a key the token follows from it, so that it can be answered again; else it is drawn.
          const token =
            key === undefined
              ? newClientSecret()
              : credentials.enrolmentToken(podId, context.commandId);
          const validMs = validMinutes * 60_000;
          return {
            podId,
            ...(await enrolment.issueToken(podId, token, { validMs, replaces }, context)),
          };
        },
      }),
    );
  }

  @Post(':podId/enrolment')
  @HttpCode(200)
  @Public()
  @ApiOperation({
    summary: 'A Light Node enrols with its token and gets its broker credentials and policy',
    description: 'What it asks with the same token again, having had no answer, is answered again.',
  })
  async enrol(@Param('podId') podId: string, @Body() { proof, ...asked }: EnrolmentDto) {
    const { enrolment, credentials, policy } = this.nodes;
    const enrolments = await enrolment.enrolByToken({ podId, ...asked }, proof);
    const topicsOf = (sender: 'node' | 'platform') =>
      Object.fromEntries(
        (Object.keys(DEVICE_TOPICS) as DeviceTopicKind[])
          .filter((kind) => DEVICE_TOPICS[kind].sender === sender)
          .map((kind) => [kind, deviceTopic(podId, kind)]),
      );
    return {
      podId,
      broker: {
        ...credentials.broker(),
        clientId: podId,
        username: podId,
        password: credentials.nodeToken(podId, enrolments),
      },
      topics: { publish: topicsOf('node'), subscribe: topicsOf('platform') },
      policy: {
        measurementMinutes: MTU_MINUTES,
        maxFutureMs: policy.maxFutureMs,
        maxAgeMs: policy.maxAgeMs,
        largestConnectionW: policy.largestConnectionW,
      },
    };
  }

  @Post(':podId/key')
  @HttpCode(200)
  @Public()
  @ApiOperation({
    summary: 'A Light Node changes its key, by a statement that the old and the new one sign',
    description:
      'Packets under the old key are refused from then on, so what waits in its outbox goes first. ' +
      'What it asks again, having had no answer, is answered again.',
  })
  async rotateKey(
    @Param('podId') podId: string,
    @Body() { previousProof, proof, ...keys }: KeyRotationDto,
  ) {
    const content = { podId, ...keys };
    await this.nodes.enrolment.rotateKey({ content, previousProof, proof });
    return { podId, publicKey: keys.publicKey };
  }

  @Post(':podId/revocation')
  @HttpCode(200)
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'Revoke a Light Node: its key and credentials count no more',
    description: 'That of a PoD which is registered no more the market administrator revokes.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  revoke(
    @Param('podId') podId: string,
    @Body() { reason }: RevocationDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'pods:write',
        owner: () => this.holderOf(podId),
        about: `node/${podId}`,
        path: `node/${podId}/revocation`,
        key,
        asked: { reason },
        readsViews: true,
        run: async (context) => {
          await this.nodes.enrolment.revoke(podId, reason, context);
          return { podId, status: 'revoked' };
        },
      }),
    );
  }

  /** Whose a registered PoD is. @throws DomainError `pod-unknown` */
  private async ownerOf(podId: string) {
    const holder = await this.holderOf(podId);
    if ('aggregatorId' in holder) return holder;
    throw unknownPod(podId);
  }

  /**
   * Whose a PoD's node is: the aggregator's of a registered PoD; of one that is registered no more
   * nobody's but those who may act for all.
   *
   * @throws DomainError `pod-unknown`
   */
  private async holderOf(podId: string) {
    const node = await getLightNode(this.nodes.documents, podId);
    if (!node) throw unknownPod(podId);
    const { aggregatorId } = node;
    return aggregatorId === null ? { podId } : { podId, aggregatorId };
  }
}

function withDuration(anomaly: AnomalyDocument, nowMs: number) {
  const endMs = anomaly.endedAt === null ? nowMs : msFromIso(anomaly.endedAt);
  const durationS = Math.max(0, Math.round((endMs - msFromIso(anomaly.startedAt)) / 1_000));
  return { ...anomaly, durationS };
}

function unknownPod(podId: string): DomainError {
  return new DomainError('pod-unknown', `PoD ${podId} is not registered; POST /api/v1/pods first.`);
}

/** An aggregator lists the nodes of its own PoDs. */
function ownNodes(speaker: Principal, asked: string | undefined): { aggregatorId?: string } {
  if (may(speaker, 'pods:read')) return asked === undefined ? {} : { aggregatorId: asked };
  const own = { aggregatorId: asked ?? speaker.partyId ?? '' };
  requireAccess(speaker, 'pods:read', own);
  return own;
}
