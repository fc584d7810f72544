import {
  DomainError,
  type WebhookSubscription,
  webhookDecider,
  webhookStream,
} from '@flexledger/domain';
import { type CommandContext, createCommandHandler } from '@flexledger/event-store';
import { type Principal, type Resource, documentDigest, uuidFrom } from '@flexledger/identity';
import { type Clock, isoFromMs } from '@flexledger/runtime';
import {
  Body,
  Controller,
  Delete,
  type DynamicModule,
  ForbiddenException,
  Get,
  Headers,
  HttpCode,
  Inject,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Scopes, Speaker } from '../access/scopes';
import type { PartyLog } from '../events/party-log';
import { HttpCommand, HttpQuery } from '../http/http-bus';
import { Live } from '../http/not-modified.interceptor';
import type { Deliveries } from './deliveries';
import { type WebhookReach, urlRefusal } from './webhook-address';
import type { DeadLetter, WebhookProgress, WebhookState } from './webhook-state';
import { DeadLetterQueryDto, WebhookDto } from './webhook.dto';
import { type Webhooks, webhooksOfLog } from './webhooks-of-log';

/** What the webhooks of a process stand on. */
export interface WebhookFeed {
  readonly log: PartyLog;
  readonly state: WebhookState;
  readonly deliveries: Deliveries;
  readonly reach: WebhookReach;
  readonly clock: Clock;
}

/** Webhooks that one party may have. */
const WEBHOOKS_OF_A_PARTY = 10;
/** The secret before a rotation signs for so long beside the new one. */
const OVERLAP_MS = 86_400_000;
const DEFAULT_LIMIT = 100;

const FEED = Symbol('webhooks');

/** A webhook as its party sees it. */
interface WebhookAnswer extends WebhookSubscription {
  readonly progress: WebhookProgress;
  readonly deadLetters: number;
}

/** Events sent to an address, for those who cannot hold a stream open. */
@ApiTags('events: webhooks')
@Live()
@Controller('api/v1/webhooks')
export class WebhooksController {
  private readonly webhooks: () => Promise<Webhooks>;
  private readonly commands: ReturnType<typeof commandsOf>;

  constructor(
    @Inject(FEED) private readonly feed: WebhookFeed,
    private readonly commandBus: CommandBus,
    private readonly queries: QueryBus,
  ) {
    this.webhooks = webhooksOfLog(feed.log.store);
    this.commands = commandsOf(feed);
  }

  @Get()
  @Scopes('events:read')
  @ApiOperation({ summary: 'Your webhooks, how far each has come and whether it fails' })
  list(@Speaker() speaker: Principal): Promise<{ readonly items: readonly WebhookAnswer[] }> {
    const run = async () => {
      const own = [...(await this.webhooks()).inForce.values()].filter((one) => isOf(speaker, one));
      return { items: own.map((one) => this.answerOf(one)) };
    };
    return this.queries.execute(new HttpQuery({ needs: needsOf(speaker), run }));
  }

  @Post()
  @Scopes('events:read')
  @ApiOperation({
    summary: 'Have events sent to an address',
    description:
      'Each event that `GET /api/v1/events` shows you is posted as one CloudEvent, in the order of the ' +
      'log, signed in the manner of Standard Webhooks: `webhook-id` (the event’s id, the same when it ' +
      'comes again), `webhook-timestamp`, `webhook-signature` (HMAC-SHA256 under the `secret` of this ' +
      'answer). An answer of 2xx within 15 s is receipt; else it is sent again after 1 s, 5 s, 30 s, 2 ' +
      'and 10 minutes and then kept as a dead letter. The address stands in the log: no secrets in it.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  subscribe(
    @Body() asked: WebhookDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<WebhookAnswer & { readonly secret: string }> {
    const run = async (given: CommandContext) => {
      const { state, log, reach } = this.feed;
      const refusal = urlRefusal(asked.url, reach);
      if (refusal !== undefined) throw urlRefused(asked.url, refusal);
      const { inForce, deleted } = await this.webhooks();
      const context = notDeleted(given, deleted);
      const webhookId = idOf(context);
      const own = [...inForce.values()].filter(({ party }) => party === speaker.actor);
      if (own.length >= WEBHOOKS_OF_A_PARTY && !inForce.has(webhookId)) throw exhausted(speaker);
      const { url, types, stream, after } = asked;
      // First the secret: an event of a webhook without one would have nothing to be sent with.
      const secret = state.secretOf(webhookId);
      const subscription: WebhookSubscription = {
        webhookId,
        party: speaker.actor,
        url,
        ...(types === undefined ? {} : { types }),
        ...(stream === undefined ? {} : { stream }),
        afterPosition: after ?? (await log.store.head()),
      };
      const command = { kind: 'subscribeWebhook', ...subscription } as const;
      await this.commands.handle(webhookStream(webhookId), command, context);
      const recorded = (await this.webhooks()).inForce.get(webhookId);
      if (!recorded) {
        state.forget(webhookId);
        throw deletedSince(webhookId);
      }
      return { ...this.answerOf(recorded), secret };
    };
    return this.execute(speaker, `webhooks/${speaker.actor}`, key, { ...asked }, run);
  }

  @Delete(':webhookId')
  @HttpCode(204)
  @Scopes('events:read')
  @ApiOperation({ summary: 'Have nothing sent there any more' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  remove(
    @Param('webhookId') webhookId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<void> {
    const run = async (context: CommandContext): Promise<void> => {
      await this.ownOf(speaker, webhookId);
      const command = { kind: 'deleteWebhook', webhookId } as const;
      await this.commands.handle(webhookStream(webhookId), command, context);
      this.feed.state.forget(webhookId);
    };
    return this.execute(speaker, `webhooks/${webhookId}`, key, { delete: webhookId }, run);
  }

  @Post(':webhookId/secret')
  @Scopes('events:read')
  @ApiOperation({
    summary: 'Sign with a new secret',
    description: 'The one before signs too for a day: `webhook-signature` then holds both.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  rotate(
    @Param('webhookId') webhookId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const run = async (context: CommandContext) => {
      const { party } = await this.ownOf(speaker, webhookId);
      // The answer holds the secret by which the party knows whom its messages are from.
      if (party !== speaker.actor) {
        throw new ForbiddenException(
          `The secret of webhook ${webhookId} is ${party}'s alone; have ${party} rotate it.`,
        );
      }
      const command = { kind: 'rotateWebhookSecret', webhookId } as const;
      const stream = webhookStream(webhookId);
      const { position } = await this.commands.handle(stream, command, context);
      const untilMs = this.feed.clock.nowMs() + OVERLAP_MS;
      const secret = this.feed.state.rotate(webhookId, position, untilMs);
      return { webhookId, secret, beforeValidUntil: isoFromMs(untilMs) };
    };
    return this.execute(speaker, `webhooks/${webhookId}`, key, { rotate: webhookId }, run);
  }

  @Get(':webhookId/dead-letters')
  @Scopes('events:read')
  @ApiOperation({ summary: 'Events that were given up, oldest first' })
  deadLetters(
    @Param('webhookId') webhookId: string,
    @Query() { limit = DEFAULT_LIMIT }: DeadLetterQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<{ readonly items: readonly DeadLetter[] }> {
    const run = async () => {
      await this.ownOf(speaker, webhookId);
      return { items: this.feed.state.deadLetters(webhookId, limit) };
    };
    return this.queries.execute(new HttpQuery({ needs: needsOf(speaker), run }));
  }

  @Post(':webhookId/dead-letters/:position/redelivery')
  @HttpCode(200)
  @Scopes('events:read')
  @ApiOperation({ summary: 'Send an event that was given up once more, now' })
  redeliver(
    @Param('webhookId') webhookId: string,
    @Param('position', ParseIntPipe) position: number,
    @Speaker() speaker: Principal,
  ) {
    const run = async () => {
      const subscription = await this.ownOf(speaker, webhookId);
      const letter = this.feed.state.deadLetterAt(webhookId, position);
      if (letter) return this.feed.deliveries.redeliver(subscription, letter);
      const text = `Webhook ${webhookId} has no dead letter at position ${position}; list them again.`;
      throw new DomainError('dead-letter-unknown', text);
    };
    return this.execute(speaker, `webhooks/${webhookId}`, undefined, { redeliver: position }, run);
  }

  private execute<Result>(
    speaker: Principal,
    about: string,
    key: string | undefined,
    asked: object,
    run: (context: CommandContext) => Promise<Result>,
  ): Promise<Result> {
    const { action, owner } = needsOf(speaker);
    return this.commandBus.execute(
      new HttpCommand({ speaker, action, owner, about, key, asked, run }),
    );
  }

  /** @throws DomainError `webhook-unknown`, also for one of somebody else */
  private async ownOf(speaker: Principal, webhookId: string): Promise<WebhookSubscription> {
    const found = (await this.webhooks()).inForce.get(webhookId);
    if (found && isOf(speaker, found)) return found;
    throw new DomainError('webhook-unknown', `You have no webhook ${webhookId}; list yours.`);
  }

  private answerOf(subscription: WebhookSubscription): WebhookAnswer {
    const { state } = this.feed;
    const { webhookId } = subscription;
    return {
      ...subscription,
      progress: state.progressOf(webhookId),
      deadLetters: state.countDeadLetters(webhookId),
    };
  }
}

function commandsOf({ log, clock }: WebhookFeed) {
  return createCommandHandler({ store: log.store, clock, decider: webhookDecider });
}

/** Operators see to those of everybody. */
function isOf({ actor, role }: Principal, { party }: WebhookSubscription): boolean {
  return party === actor || role === 'operator';
}

/** The id of a subscription follows from its command, so that a repeat is known. */
function idOf({ commandId }: CommandContext): string {
  return `wh_${documentDigest({ command: commandId }).slice(0, 24)}`;
}

/**
 * The command under which a subscription stands. One that was deleted never comes again, so that whoever
 * still works on its end cannot take the new one for it: the same asked anew is the next command.
 */
function notDeleted(asked: CommandContext, deleted: ReadonlySet<string>): CommandContext {
  let context = asked;
  for (let times = 1; asked.mayRecur && deleted.has(idOf(context)); times += 1) {
    context = { ...asked, commandId: uuidFrom(`${asked.commandId}/${times}`) };
  }
  return context;
}

function deletedSince(webhookId: string): DomainError {
  return new DomainError(
    'webhook-deleted',
    `Webhook ${webhookId}, which this was once answered with, is deleted; subscribe under another ` +
      'Idempotency-Key, or without one.',
  );
}

function needsOf(speaker: Principal) {
  return { speaker, action: 'events:read', owner: ownOf(speaker) } as const;
}

/** A thing that is a party's own: who may follow its own events may have them sent. */
function ownOf({ role, partyId }: Principal): Resource {
  switch (role) {
    case 'dso':
      return { requester: 'DSO' };
    case 'tso':
      return { requester: 'TSO' };
    case 'aggregator':
      return { aggregatorId: partyId ?? '' };
    default:
      return { podId: partyId ?? '' };
  }
}

function urlRefused(url: string, refusal: string): DomainError {
  return new DomainError('webhook-refused', `Nothing is sent to ${url}: it ${refusal}.`, [
    { field: 'url', reason: refusal },
  ]);
}

function exhausted({ actor }: Principal): DomainError {
  return new DomainError(
    'webhooks-exhausted',
    `${actor} has ${WEBHOOKS_OF_A_PARTY} webhooks, as many as one party may have; delete one first.`,
  );
}

/** The webhooks of a process, for its HTTP edge. */
@Module({})
export class WebhooksModule {
  static register(feed: WebhookFeed): DynamicModule {
    return {
      module: WebhooksModule,
      controllers: [WebhooksController],
      providers: [{ provide: FEED, useValue: feed }],
    };
  }
}
