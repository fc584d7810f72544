/** A request as somebody fills it in, as the interface takes it. */
import { t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';

export interface RequestWishes {
  readonly requester: Schemas['Requester'];
  readonly product: Schemas['Product'];
  readonly direction: Schemas['Direction'];
  /** kW or kvar in each quarter-hour from `fromMtu` to `toMtu`, the last one included. */
  readonly quantityKw: number;
  readonly fromMtu: number;
  readonly toMtu: number;
  /** One PoD a line, or with commas; empty where a point of measurement is named. */
  readonly pods: string;
  readonly pom: string;
  /** ct/kWh; empty for no cap. */
  readonly capCents: string;
}

export type Faults = Readonly<Record<string, string>>;

/** PoDs that a text names. */
export const podsIn = (text: string): readonly string[] =>
  text.split(/[\s,;]+/).filter((part) => part !== '');

/** What is wrong with it before it is sent, by field. */
export function faultsOf(wishes: RequestWishes): Faults {
  const faults: Record<string, string> = {};
  const { quantityKw, fromMtu, toMtu, pods, pom, capCents } = wishes;
  if (!(quantityKw > 0)) faults['quantityW'] = t('must be more than 0');
  else if (!Number.isInteger(Math.round(quantityKw * 1e6) / 1e3))
    faults['quantityW'] = t('must be whole watts');
  if (toMtu < fromMtu) faults['to'] = t('must not be before the first quarter-hour');
  if (podsIn(pods).length === 0 && pom.trim() === '')
    faults['scope'] = t('name PoDs, or the point of measurement above them');
  if (podsIn(pods).length > 0 && pom.trim() !== '')
    faults['scope'] = t('name PoDs or a point of measurement, not both');
  if (capCents.trim() !== '' && !(Number(capCents) >= 0))
    faults['priceCapMicroEurPerKwh'] = t('must be a price');
  return faults;
}

/** `PS-1, feeder line0, station trafo4`: where in the grid a request is for; empty where it was not said. */
export function placeOf({
  scope,
  gridPoint,
}: Pick<Schemas['RequestDocument'], 'scope' | 'gridPoint'>): string {
  if ('pom' in scope && scope.pom !== undefined) return scope.pom;
  return gridPoint ? pointName(gridPoint) : '';
}

/** As `placeOf`, of a point that is there. */
export function pointName({ pom, mvFeeder, secondarySubstation }: Schemas['GridPoint']): string {
  return [
    pom,
    ...(mvFeeder === undefined ? [] : [t('feeder {mvFeeder}', { mvFeeder })]),
    ...(secondarySubstation === undefined
      ? []
      : [t('station {secondarySubstation}', { secondarySubstation })]),
  ].join(', ');
}

/**
 * The body that is sent.
 *
 * @param amended the request in whose place it comes; its grid point stays where no PoD was added that may hang elsewhere
 */
export function requestOf(
  wishes: RequestWishes,
  requestId: string,
  mtuCount: number,
  amended?: Pick<Schemas['RequestDocument'], 'scope' | 'gridPoint'>,
): Schemas['RequestDto'] {
  const { requester, product, direction, quantityKw, fromMtu, toMtu, pods, pom, capCents } = wishes;
  const quantityW = Array.from({ length: mtuCount }, (_, mtu) =>
    mtu >= fromMtu && mtu <= toMtu ? Math.round(quantityKw * 1_000) : 0,
  );
  const podIds = [...podsIn(pods)];
  const before = amended && 'podIds' in amended.scope ? (amended.scope.podIds ?? []) : [];
  const isBelow = podIds.length > 0 && podIds.every((podId) => before.includes(podId));
  const gridPoint = isBelow ? amended?.gridPoint : undefined;
  return {
    requestId,
    requester,
    product,
    direction,
    scope: podIds.length > 0 ? { podIds } : { pom: pom.trim() },
    ...(gridPoint && { gridPoint }),
    quantityW,
    priceCapMicroEurPerKwh: capCents.trim() === '' ? null : Math.round(Number(capCents) * 10_000),
  };
}
