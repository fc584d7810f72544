import type { compareViews as CompareViews } from './compare-views';

/** `compareViews`, whose code is loaded only where read models are compared: an audit of a log needs none. */
export const compareViews: typeof CompareViews = async (...given) =>
  (await import('./compare-views')).compareViews(...given);
