/** What is asked for at sign-in: all that the screens can use. A token has those of them that its user may. */
export const SCREEN_SCOPES: readonly string[] = [
  'market:read',
  'market:operate',
  'pods:read',
  'pods:write',
  'availability:write',
  'requests:write',
  'offers:write',
  'orders:read',
  'outcomes:read',
  'results:read',
  'settlements:read',
  'setpoints:read',
  'measurements:read',
  'agreements:write',
  'agreements:read',
  'grid:read',
  'grid:write',
  'access:read',
  'access:write',
  'events:read',
  'processors:read',
  'parties:read',
  'parties:write',
  'users:write',
];

/** What no screen uses, and who keeps the users of a party gives on to them. */
export const GIVEN_SCOPES: readonly string[] = [
  'outcomes:validate',
  'persons:read',
  'persons:write',
  'pods:locate',
  'pods:qualify',
  'setpoints:write',
  'settlements:dispute',
];
