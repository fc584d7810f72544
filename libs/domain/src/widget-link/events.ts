/**
 * A widget shown to others by a link (D3.3 A.2.2.3: "publish ... individual widgets on external web portals").
 * What it shows stands in the event and is that for good: who changes the dashboard afterwards changes no link.
 * Stream `widgetLinks-{aggregatorId}`.
 */
import type { Widget } from '../dashboard/events';

export interface WidgetLink {
  readonly linkId: string;
  /** Where the widget was taken from. */
  readonly dashboardId: string;
  /** As it stood then, and no other. */
  readonly widget: Widget;
  /** Delivery days that it shows, up to the one on which it is looked at. */
  readonly days: number;
  /** ISO 8601 UTC; from then on it shows nothing. */
  readonly expiresAt: string;
  /** Origins whose pages may hold it in a frame; none = it is looked at by itself only. */
  readonly frameAncestors: readonly string[];
}

export type WidgetLinkEvent =
  | {
      readonly type: 'WidgetPublished';
      readonly data: { readonly aggregatorId: string } & WidgetLink;
    }
  | {
      readonly type: 'WidgetWithdrawn';
      readonly data: { readonly aggregatorId: string; readonly linkId: string };
    };

export const widgetLinksStream = (aggregatorId: string): string => `widgetLinks-${aggregatorId}`;
