/** Settlement mechanisms as an aggregator chooses from them. */
import { named, t } from '../language/texts';
import { api, take, takeAll } from '../data/client';
import { Problem } from '../data/problem';
import { kW } from '../parts/words';
import type { Schemas } from '@flexledger/api-client';

export type Mechanism = Schemas['SettlementMechanismDocument'];

/** All of one's own, those withdrawn among them. */
export const readMechanisms = (): Promise<readonly Mechanism[]> =>
  takeAll((cursor) =>
    take(
      api.GET('/api/v1/settlement-mechanisms', {
        params: { query: { limit: 1_000, ...(cursor && { cursor }) } },
      }),
    ),
  );

/** `Households: 70 % of the pay, 30 % of penalties` */
export const mechanismName = (one: Mechanism): string =>
  t('{name}: {share} % of the pay, {penalty} % of penalties', {
    name: one.name,
    share: one.customerSharePerMille / 10,
    penalty: one.customerPenaltySharePerMille / 10,
  });

/** Which PoDs it is for, in words. */
export function clusterName({ cluster }: Mechanism): string {
  const { podIds, customerKind, voltageLevel, fromPowerW, belowPowerW } = cluster;
  const parts = [
    ...(podIds ? [podIds.join(', ')] : []),
    ...(customerKind ? [named(customerKind)] : []),
    ...(voltageLevel ? [voltageLevel] : []),
    ...(fromPowerW === undefined ? [] : [t('from {kW} kW', { kW: kW(fromPowerW) })]),
    ...(belowPowerW === undefined ? [] : [t('below {kW} kW', { kW: kW(belowPowerW) })]),
  ];
  return parts.length === 0 ? t('all PoDs') : parts.join('; ');
}

/** Proposes an agreement by it to one PoD. @throws Problem saying why that PoD is not asked */
export async function proposeBy(smartContractId: string, podId: string): Promise<void> {
  const { refused } = await take(
    api.POST('/api/v1/settlement-mechanisms/{smartContractId}/proposals', {
      params: { path: { smartContractId } },
      body: { podIds: [podId] },
    }),
  );
  const [first] = refused;
  if (first) throw new Problem(409, first.reason);
}

/** Tenths of a percent, as they are typed; NaN for what is no number. */
export const perMille = (text: string): number =>
  text.trim() === '' ? Number.NaN : Math.round(Number(text.trim().replace(',', '.')) * 10);

/** What is wrong with shares and a wallet as they are typed, by field. */
export function faultsOf(typed: {
  readonly share: string;
  readonly penalty: string;
  readonly wallet: string;
}): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const field of ['share', 'penalty'] as const) {
    const value = perMille(typed[field]);
    if (!(value >= 0 && value <= 1_000)) faults[field] = t('give 0 to 100');
  }
  if (!/^0x[0-9a-fA-F]{40}$/.test(typed.wallet.trim()))
    faults['wallet'] = t('give 0x and 40 hex digits');
  return faults;
}
