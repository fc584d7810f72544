/** The platforms, in the order in which the one-process driver hands them each event. */
export const PLATFORMS = [
  'shared-customer-database',
  'blockchain-access-layer',
  'dso-technical-platform',
  'market-platform',
  'tso-simulator',
  'aggregator-platform',
  'certifier',
  'identity-provider',
] as const;
export type PlatformName = (typeof PLATFORMS)[number];
