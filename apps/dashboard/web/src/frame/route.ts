/** Addresses of the screens: `/sessions/ID?mtu=42`. Every view has one, so that it can be shared and left. */

export const PAGES = [
  'now',
  'home',
  'sessions',
  'grid',
  'portfolio',
  'dashboards',
  'pods',
  'audit',
  'indicators',
  'operations',
  'administration',
] as const;
export type PageName = (typeof PAGES)[number];

export interface Route {
  /** Undefined for an address that names no page. */
  readonly page: PageName | undefined;
  /** What follows the page, decoded: the id of a session, for one. */
  readonly rest: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** Reads an address; what is no valid escape stays as it is. */
export function routeOf(pathname: string, search = ''): Route {
  const [page = 'now', ...rest] = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  return {
    page: PAGES.find((name) => name === page),
    rest,
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** Writes an address; what is undefined or empty is left out. */
export function addressOf(
  page: PageName,
  rest: readonly string[] = [],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const path = ['', page, ...rest.map(encodeURIComponent)].join('/');
  const given = Object.entries(query).filter((entry): entry is [string, string] =>
    Boolean(entry[1]),
  );
  const search = new URLSearchParams(given).toString();
  return `${page === 'now' && rest.length === 0 ? '/' : path}${search === '' ? '' : `?${search}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
