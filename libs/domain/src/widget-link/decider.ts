import { type Decider, DomainError, type Violation } from '../log/decider';
import type { WidgetLink, WidgetLinkEvent } from './events';

export type WidgetLinkCommand =
  | ({
      readonly kind: 'publishWidget';
      readonly aggregatorId: string;
      readonly nowMs: number;
    } & WidgetLink)
  | { readonly kind: 'withdrawWidget'; readonly aggregatorId: string; readonly linkId: string };

/** The links of one aggregator by their ids; null where one was withdrawn. */
export type WidgetLinkState = ReadonlyMap<string, WidgetLink | null>;

/** Links of one aggregator that are neither withdrawn nor over. */
export const WIDGET_LINKS_MAX = 100;
/** The longest that a link holds, days. */
export const WIDGET_LINK_LIFE_DAYS_MAX = 366;
/** Origins that may hold one. */
export const FRAME_ANCESTORS_MAX = 10;
const REPORT_DAYS_MAX = 31;
const DAY_MS = 86_400_000;
/** Nothing that could end a directive of a content security policy. */
const ORIGIN = /^https?:\/\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?$/;

/** Links to widgets: published once, withdrawn for good; what one shows never changes. */
export const widgetLinkDecider: Decider<WidgetLinkState, WidgetLinkCommand, WidgetLinkEvent> = {
  initialState: new Map(),
  decide,
  evolve(state, event) {
    switch (event.type) {
      case 'WidgetPublished': {
        const { aggregatorId: _, ...link } = event.data;
        return new Map([...state, [link.linkId, link]]);
      }
      case 'WidgetWithdrawn':
        return new Map([...state, [event.data.linkId, null]]);
      default:
        return state;
    }
  },
};

/** The link, while it holds. @throws DomainError `widget-link-unknown`, saying whether it is over */
export function linkInForce(state: WidgetLinkState, linkId: string, nowMs: number): WidgetLink {
  const link = state.get(linkId);
  const unknown = (reason: string) => new DomainError('widget-link-unknown', `The link ${reason}.`);
  if (link === undefined) throw unknown('is none that was given');
  if (link === null) throw unknown('was withdrawn by who gave it');
  if (Date.parse(link.expiresAt) <= nowMs) throw unknown(`was good until ${link.expiresAt}`);
  return link;
}

function decide(command: WidgetLinkCommand, state: WidgetLinkState): WidgetLinkEvent[] {
  const { aggregatorId, linkId } = command;
  if (command.kind === 'withdrawWidget') {
    const link = state.get(linkId);
    if (link === undefined) {
      throw new DomainError('widget-link-unknown', `You have given no link ${linkId}.`);
    }
    return link === null ? [] : [{ type: 'WidgetWithdrawn', data: { aggregatorId, linkId } }];
  }
  const { kind: _, nowMs, ...data } = command;
  if (state.has(linkId)) return [];
  const violations = faultsOf(data, nowMs);
  if (violations.length > 0) {
    const { field, reason } = violations[0]!;
    throw new DomainError(
      'widget-link-malformed',
      `The widget cannot be published: ${field} ${reason}; correct it and send it again.`,
      violations,
    );
  }
  const standing = [...state.values()].filter(
    (link) => link !== null && Date.parse(link.expiresAt) > nowMs,
  );
  if (standing.length >= WIDGET_LINKS_MAX) {
    throw new DomainError(
      'widget-links-exhausted',
      `${aggregatorId} has ${WIDGET_LINKS_MAX} links in force, which is the most; withdraw one first.`,
    );
  }
  return [{ type: 'WidgetPublished', data }];
}

function faultsOf({ days, expiresAt, frameAncestors }: WidgetLink, nowMs: number): Violation[] {
  const faults: Violation[] = [];
  const require = (isRight: boolean, field: string, reason: string): void => {
    if (!isRight) faults.push({ field, reason });
  };
  const isDays = Number.isInteger(days) && days >= 1 && days <= REPORT_DAYS_MAX;
  require(isDays, 'days', `is no whole number from 1 to ${REPORT_DAYS_MAX}`);
  const lifeMs = Date.parse(expiresAt) - nowMs;
  const mostMs = WIDGET_LINK_LIFE_DAYS_MAX * DAY_MS;
  const isTime = lifeMs > 0 && lifeMs <= mostMs;
  require(isTime, 'expiresAt', `does not lie ahead, by ${WIDGET_LINK_LIFE_DAYS_MAX} days at most`);
  const isFew = frameAncestors.length <= FRAME_ANCESTORS_MAX;
  require(isFew, 'frameAncestors', `are more than ${FRAME_ANCESTORS_MAX}`);
  for (const [index, origin] of frameAncestors.entries()) {
    const reason = 'is no origin like https://www.example.org, in small letters, without a path';
    require(ORIGIN.test(origin), `frameAncestors[${index}]`, reason);
  }
  return faults;
}
