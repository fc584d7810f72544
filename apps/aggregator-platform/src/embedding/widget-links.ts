/** Links by which this platform's aggregators show widgets to others, as the log has them. */
import {
  DomainError,
  type WidgetLink,
  type WidgetLinkCommand,
  type WidgetLinkState,
  linkInForce,
  widgetLinkDecider,
  widgetLinksStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { type LinkTokens, type TokenKey, createLinkTokens, partyOf } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import type { PartyLog } from '@flexledger/service-kit';

export interface WidgetLinks {
  of(aggregatorId: string): Promise<WidgetLinkState>;
  /** @throws DomainError what the decider refuses */
  change(command: WidgetLinkCommand, context: CommandContext): Promise<void>;
  /** The path under which a link is looked at; who knows it may. */
  pathOf(aggregatorId: string, link: Pick<WidgetLink, 'linkId' | 'expiresAt'>): Promise<string>;
  /**
   * What a token shows.
   *
   * @throws AccessError for a token that does not hold, DomainError `widget-link-unknown` for one that is over, or
   *   while its giver is disabled
   */
  shownBy(token: string): Promise<{ readonly aggregatorId: string; readonly link: WidgetLink }>;
}

/** Tokens of links are to nothing else. */
const AUDIENCE = 'flexledger/widget-links';

export function createWidgetLinks({
  log,
  clock,
  tokenKey,
  isDisabled,
}: {
  readonly log: EventStore;
  readonly clock: Clock;
  /** Who is disabled as that log stands. */
  readonly isDisabled: PartyLog['isDisabled'];
  /** Signs the links; asked for when the first is made or looked at. */
  readonly tokenKey: () => Promise<TokenKey>;
}): WidgetLinks {
  const handler = createCommandHandler({ store: log, clock, decider: widgetLinkDecider });
  let made: Promise<LinkTokens> | undefined;
  const tokens = (): Promise<LinkTokens> =>
    (made ??= tokenKey().then((key) => createLinkTokens({ key, audience: AUDIENCE, clock })));
  const of = (aggregatorId: string) => handler.stateOf(widgetLinksStream(aggregatorId));
  return {
    of,
    async change(command, context) {
      await handler.handle(widgetLinksStream(command.aggregatorId), command, context);
    },
    async pathOf(giver, { linkId, expiresAt }) {
      const token = await (await tokens()).sign({ giver, linkId }, Date.parse(expiresAt));
      return `/embed/${token}`;
    },
    async shownBy(token) {
      const { giver, linkId } = await (await tokens()).verify(token);
      const link = linkInForce(await of(giver), linkId, clock.nowMs());
      const actor = `aggregator:${giver}`;
      const party = { ...partyOf(actor), actor, clientId: actor, scopes: [] };
      if (await isDisabled(party, await log.head())) {
        throw new DomainError('widget-link-unknown', 'Who gave the link is disabled.');
      }
      return { aggregatorId: giver, link };
    },
  };
}
