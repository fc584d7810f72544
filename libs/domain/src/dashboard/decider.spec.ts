/** An aggregator's people compose dashboards, for all of them or for one alone. */
import { givenOf } from '../testing/decider-spec';
import {
  DASHBOARDS_MAX,
  type DashboardCommand,
  dashboardDecider,
  FORMULA_MAX,
  WIDGETS_MAX,
} from './decider';
import type { Dashboard, DashboardEvent, Widget } from './events';

const given = givenOf(dashboardDecider);
const aggregatorId = 'AGG1';
const widget = (change: Partial<Widget> = {}): Widget => ({
  widgetId: 'w1',
  title: 'Deviation',
  kind: 'chart',
  lines: [{ label: 'deviation', formula: 'roofs.measured - roofs.baseline' }],
  ...change,
});
const dashboard = (change: Partial<Dashboard> = {}): Dashboard => ({
  dashboardId: 'd1',
  name: 'The north',
  userId: null,
  widgets: [widget()],
  ...change,
});
const save = (of: Dashboard, speaker: string | null = 'u1'): DashboardCommand => ({
  kind: 'saveDashboard',
  aggregatorId,
  speaker,
  ...of,
});
const remove = (speaker: string | null): DashboardCommand => ({
  kind: 'removeDashboard',
  aggregatorId,
  dashboardId: 'd1',
  speaker,
});
const saved = (of: Dashboard): DashboardEvent => ({
  type: 'DashboardSaved',
  data: { aggregatorId, ...of },
});

it('is saved, changed, and left where it is so already', () => {
  given().when(save(dashboard())).then(saved(dashboard()));
  given(saved(dashboard())).when(save(dashboard())).then();
  const empty = dashboard({ widgets: [] });
  given(saved(dashboard())).when(save(empty, null)).then(saved(empty));
});

it('is removed once', () => {
  const removed = { type: 'DashboardRemoved', data: { aggregatorId, dashboardId: 'd1' } } as const;
  given(saved(dashboard())).when(remove('u2')).then(removed);
  given(saved(dashboard()), removed).when(remove('u2')).thenRefused('dashboard-unknown');
});

it('of one user alone is nobody else’s, nor is its id', () => {
  const own = dashboard({ userId: 'u1' });
  given(saved(own)).when(save(dashboard(), 'u1')).then(saved(dashboard()));
  given(saved(own)).when(save(dashboard(), 'u2')).thenRefused('dashboard-unknown');
  given(saved(own)).when(remove(null)).thenRefused('dashboard-unknown');
});

it.each<[string, Partial<Dashboard>]>([
  ['an id that is none', { dashboardId: 'a/b' }],
  ['no name', { name: '' }],
  [
    'too many widgets',
    { widgets: Array.from({ length: WIDGETS_MAX + 1 }, (_, at) => widget({ widgetId: `w${at}` })) },
  ],
  ['a widget twice', { widgets: [widget(), widget()] }],
  ['a widget without a title', { widgets: [widget({ title: ' ' })] }],
  ['a kind that is none', { widgets: [widget({ kind: 'map' as never })] }],
  ['no line', { widgets: [widget({ lines: [] })] }],
  [
    'too long a formula',
    { widgets: [widget({ lines: [{ label: 'x', formula: '1'.repeat(FORMULA_MAX + 1) }] })] },
  ],
])('refuses %s', (_, wrong) => {
  given()
    .when(save(dashboard(wrong)))
    .thenRefused('dashboard-malformed');
});

it('has an end: the last that there may be', () => {
  const all = Array.from({ length: DASHBOARDS_MAX }, (_, at) =>
    saved(dashboard({ dashboardId: `d${at}` })),
  );
  given(...all)
    .when(save(dashboard({ dashboardId: 'more' })))
    .thenRefused('dashboards-exhausted');
});
