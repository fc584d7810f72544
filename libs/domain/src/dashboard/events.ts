/**
 * What an aggregator looks at (D3.3 A.2.2.3, Dashboards and Reporting): a dashboard is widgets, a widget a
 * report of formulas over series of its assets and PoDs. The aggregator's own business. Stream
 * `dashboards-{aggregatorId}`.
 */

/** How a widget shows its lines: over time, as one number each, or by quarter-hour in rows. */
export const WIDGET_KINDS = ['chart', 'figure', 'table'] as const;
export type WidgetKind = (typeof WIDGET_KINDS)[number];

/** One thing that is shown. */
export interface WidgetLine {
  readonly label: string;
  /** `roofs.baseline - roofs.measured`, as `docs/how-to/aggregator-reports.md` says. */
  readonly formula: string;
}

export interface Widget {
  /** Of its dashboard's widgets. */
  readonly widgetId: string;
  readonly title: string;
  readonly kind: WidgetKind;
  readonly lines: readonly WidgetLine[];
}

export interface Dashboard {
  readonly dashboardId: string;
  readonly name: string;
  /** Who alone sees and changes it; null = everybody who speaks for the aggregator. */
  readonly userId: string | null;
  readonly widgets: readonly Widget[];
}

export type DashboardEvent =
  | {
      /** It is so from now on, whatever it was before. */
      readonly type: 'DashboardSaved';
      readonly data: { readonly aggregatorId: string } & Dashboard;
    }
  | {
      readonly type: 'DashboardRemoved';
      readonly data: { readonly aggregatorId: string; readonly dashboardId: string };
    };

export const dashboardsStream = (aggregatorId: string): string => `dashboards-${aggregatorId}`;
