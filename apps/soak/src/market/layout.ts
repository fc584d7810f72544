/** Which platforms run in which process. */

export const PLATFORMS = [
  'shared-customer-database',
  'blockchain-access-layer',
  'market-platform',
  'dso-technical-platform',
  'tso-simulator',
  'aggregator-platform',
  'certifier',
] as const;

export type PlatformName = (typeof PLATFORMS)[number];

/** Everything in one process; the same twice, side by side; a process a platform. */
export type LayoutName = 'one' | 'pair' | 'apart';

/** Processes by name, each with its platforms. */
export type Layout = ReadonlyMap<string, readonly PlatformName[]>;

export function layoutOf(name: LayoutName): Layout {
  switch (name) {
    case 'one':
      return new Map([['all', PLATFORMS]]);
    case 'pair':
      return new Map([
        ['all-1', PLATFORMS],
        ['all-2', PLATFORMS],
      ]);
    case 'apart':
      return new Map(PLATFORMS.map((platform) => [platform, [platform]]));
  }
}
