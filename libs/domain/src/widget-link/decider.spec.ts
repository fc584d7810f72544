/** A widget is shown to others by a link that ends by itself or is withdrawn, and never shows anything else. */
import { givenOf } from '../testing/decider-spec';
import {
  WIDGET_LINKS_MAX,
  type WidgetLinkCommand,
  linkInForce,
  widgetLinkDecider,
} from './decider';
import type { WidgetLink, WidgetLinkEvent } from './events';

const given = givenOf(widgetLinkDecider);
const aggregatorId = 'AGG1';
const nowMs = Date.parse('2026-03-17T10:00:00Z');
const link = (change: Partial<WidgetLink> = {}): WidgetLink => ({
  linkId: 'l1',
  dashboardId: 'd1',
  widget: {
    widgetId: 'w1',
    title: 'Power',
    kind: 'chart',
    lines: [{ label: 'power', formula: 'roofs.measured' }],
  },
  days: 1,
  expiresAt: '2026-04-17T10:00:00.000Z',
  frameAncestors: ['https://www.example.org'],
  ...change,
});
const publish = (of: WidgetLink): WidgetLinkCommand => ({
  kind: 'publishWidget',
  aggregatorId,
  nowMs,
  ...of,
});
const withdraw = { kind: 'withdrawWidget', aggregatorId, linkId: 'l1' } as const;
const published = (of: WidgetLink): WidgetLinkEvent => ({
  type: 'WidgetPublished',
  data: { aggregatorId, ...of },
});
const withdrawn: WidgetLinkEvent = {
  type: 'WidgetWithdrawn',
  data: { aggregatorId, linkId: 'l1' },
};

it('is published once under its id, and withdrawn for good', () => {
  given().when(publish(link())).then(published(link()));
  given(published(link()))
    .when(publish(link({ days: 31 })))
    .then();
  given(published(link())).when(withdraw).then(withdrawn);
  given(published(link()), withdrawn).when(withdraw).then();
  given(published(link()), withdrawn).when(publish(link())).then();
  given().when(withdraw).thenRefused('widget-link-unknown');
});

it.each<[string, Partial<WidgetLink>]>([
  ['too many days', { days: 32 }],
  ['an end that is past', { expiresAt: '2026-03-17T10:00:00.000Z' }],
  ['an end too far', { expiresAt: '2027-03-20T10:00:00.000Z' }],
  ['a page in the place of an origin', { frameAncestors: ['https://www.example.org/page'] }],
  ['what would end the directive', { frameAncestors: ['https://a.org; script-src *'] }],
  ['everybody', { frameAncestors: ['*'] }],
])('refuses %s', (_, wrong) => {
  given()
    .when(publish(link(wrong)))
    .thenRefused('widget-link-malformed');
});

it('has an end: the last that may be in force', () => {
  const all = Array.from({ length: WIDGET_LINKS_MAX }, (_, at) =>
    published(link({ linkId: `x${at}` })),
  );
  given(...all)
    .when(publish(link()))
    .thenRefused('widget-links-exhausted');
});

it('holds until it ends or is withdrawn, and says which', () => {
  const stateOf = (...events: WidgetLinkEvent[]) =>
    events.reduce(widgetLinkDecider.evolve, widgetLinkDecider.initialState);
  const state = stateOf(published(link()));
  expect(linkInForce(state, 'l1', nowMs)).toEqual(link());
  expect(() => linkInForce(state, 'l2', nowMs)).toThrow('is none that was given');
  expect(() => linkInForce(state, 'l1', Date.parse(link().expiresAt))).toThrow('was good until');
  expect(() => linkInForce(stateOf(published(link()), withdrawn), 'l1', nowMs)).toThrow(
    'was withdrawn',
  );
});
