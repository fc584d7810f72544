import { type Decider, DomainError, type Violation } from '../log/decider';
import { type Dashboard, type DashboardEvent, WIDGET_KINDS, type Widget } from './events';

/** Who speaks: a user, or null for a program of the aggregator's. */
interface Speaking {
  readonly aggregatorId: string;
  readonly speaker: string | null;
}

export type DashboardCommand =
  | ({ readonly kind: 'saveDashboard' } & Speaking & Dashboard)
  | ({ readonly kind: 'removeDashboard'; readonly dashboardId: string } & Speaking);

/** The dashboards of one aggregator by their ids, in the order in which they came to be. */
export type DashboardState = ReadonlyMap<string, Dashboard>;

/** Dashboards of one aggregator. */
export const DASHBOARDS_MAX = 100;
/** Widgets of a dashboard. */
export const WIDGETS_MAX = 24;
/** Lines of a widget. */
export const WIDGET_LINES_MAX = 8;
/** Characters of a formula. */
export const FORMULA_MAX = 500;
const NAME_MAX = 80;
const ID = /^[\w-]{1,40}$/;

/**
 * The dashboards of one aggregator. One that is a user's own is nobody else's to see, change or take the id
 * of. What its formulas mean the platform knows, and looks before.
 */
export const dashboardDecider: Decider<DashboardState, DashboardCommand, DashboardEvent> = {
  initialState: new Map(),
  decide,
  evolve(state, event) {
    switch (event.type) {
      case 'DashboardSaved':
        return new Map([...state, [event.data.dashboardId, dashboardOf(event.data)]]);
      case 'DashboardRemoved':
        return new Map([...state].filter(([id]) => id !== event.data.dashboardId));
      default:
        return state;
    }
  },
};

/** Whether somebody may see and change a dashboard. */
export function isShownDashboard({ userId }: Dashboard, speaker: string | null): boolean {
  return userId === null || userId === speaker;
}

/** @throws DomainError `dashboard-unknown` where there is none, or it is another user's own */
function shownDashboard(
  state: DashboardState,
  dashboardId: string,
  speaker: string | null,
): Dashboard {
  const dashboard = state.get(dashboardId);
  if (dashboard && isShownDashboard(dashboard, speaker)) return dashboard;
  throw new DomainError('dashboard-unknown', `You have no dashboard ${dashboardId}.`);
}

/** @throws DomainError `dashboard-unknown` as `shownDashboard`, `widget-unknown` */
export function shownWidget(
  state: DashboardState,
  { dashboardId, widgetId }: { readonly dashboardId: string; readonly widgetId: string },
  speaker: string | null,
): Widget {
  const { widgets } = shownDashboard(state, dashboardId, speaker);
  const widget = widgets.find((one) => one.widgetId === widgetId);
  if (widget) return widget;
  throw new DomainError('widget-unknown', `Dashboard ${dashboardId} has no widget ${widgetId}.`);
}

function decide(command: DashboardCommand, state: DashboardState): DashboardEvent[] {
  const { aggregatorId, dashboardId, speaker } = command;
  if (command.kind === 'removeDashboard') {
    shownDashboard(state, dashboardId, speaker);
    return [{ type: 'DashboardRemoved', data: { aggregatorId, dashboardId } }];
  }
  const dashboard = dashboardOf(command);
  const violations = faultsOf(dashboard);
  if (violations.length > 0) {
    const { field, reason } = violations[0]!;
    const others = violations.length > 1 ? `, and ${violations.length - 1} more` : '';
    throw new DomainError(
      'dashboard-malformed',
      `Dashboard ${dashboardId} cannot be saved: ${field} ${reason}${others}; correct it and send it again.`,
      violations,
    );
  }
  const before = state.get(dashboardId);
  if (before) shownDashboard(state, dashboardId, speaker);
  if (!before && state.size >= DASHBOARDS_MAX) {
    throw new DomainError(
      'dashboards-exhausted',
      `${aggregatorId} has ${DASHBOARDS_MAX} dashboards, which is the most; remove one first.`,
    );
  }
  if (before && JSON.stringify(before) === JSON.stringify(dashboard)) return [];
  return [{ type: 'DashboardSaved', data: { aggregatorId, ...dashboard } }];
}

function faultsOf({ dashboardId, name, widgets }: Dashboard): Violation[] {
  const faults: Violation[] = [];
  const require = (isRight: boolean, field: string, reason: string): void => {
    if (!isRight) faults.push({ field, reason });
  };
  const isName = (text: string): boolean => text.trim() !== '' && text.length <= NAME_MAX;
  const anId = 'is no id of 1 to 40 letters, digits, _ and -';
  const aName = `is not 1 to ${NAME_MAX} characters long`;
  require(ID.test(dashboardId), 'dashboardId', anId);
  require(isName(name), 'name', aName);
  require(widgets.length <= WIDGETS_MAX, 'widgets', `are more than ${WIDGETS_MAX}`);
  const ids = new Set<string>();
  for (const [index, { widgetId, title, kind, lines }] of widgets.entries()) {
    const at = `widgets[${index}]`;
    require(ID.test(widgetId), `${at}.widgetId`, anId);
    require(!ids.has(widgetId), `${at}.widgetId`, 'comes twice');
    ids.add(widgetId);
    require(isName(title), `${at}.title`, aName);
    require(WIDGET_KINDS.includes(kind), `${at}.kind`, `is none of ${WIDGET_KINDS.join(', ')}`);
    const isOfSome = lines.length > 0 && lines.length <= WIDGET_LINES_MAX;
    require(isOfSome, `${at}.lines`, `are not 1 to ${WIDGET_LINES_MAX}`);
    for (const [line, { label, formula }] of lines.entries()) {
      require(isName(label), `${at}.lines[${line}].label`, aName);
      const isFormula = formula.trim() !== '' && formula.length <= FORMULA_MAX;
      require(isFormula, `${at}.lines[${line}].formula`, `is not 1 to ${FORMULA_MAX} characters long`);
    }
  }
  return faults;
}

/** The members that are saved, and no others. */
function dashboardOf({ dashboardId, name, userId, widgets }: Dashboard): Dashboard {
  return { dashboardId, name, userId, widgets: widgets.map(widgetOf) };
}

function widgetOf({ widgetId, title, kind, lines }: Widget): Widget {
  return {
    widgetId,
    title,
    kind,
    lines: lines.map(({ label, formula }) => ({ label, formula })),
  };
}
