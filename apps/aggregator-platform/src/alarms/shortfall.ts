import { type RulePack, MTUS_PER_HOUR, penaltyPerMille } from '@flexledger/domain';

/** What one PoD sold in a quarter-hour, and what it did. */
export interface SoldQuarterHour {
  readonly podId: string;
  /** Change of the withdrawal that was sold, W; 0 where sales both ways cancel out. */
  readonly changeW: number;
  readonly baselineW: number;
  /** Mean power, withdrawal positive; null where nothing was measured. */
  readonly measuredW: number | null;
}

/** What a quarter-hour lacks of what was sold; counts and energies are of all PoDs. */
export interface Shortfall {
  readonly soldWh: number;
  readonly deliveredWh: number;
  readonly podsShort: number;
  readonly podsUnmeasured: number;
  readonly worst: { readonly podId: string; readonly soldWh: number; readonly deliveredWh: number };
}

/**
 * The shortfall of a quarter-hour; undefined where no PoD brings so little that the settlement would
 * take a penalty for it. Of what was not measured nothing is said but how much of it there is.
 */
export function shortfallOf(
  sold: readonly SoldQuarterHour[],
  penalty: RulePack['settlement']['penalty'],
): Shortfall | undefined {
  const measured = sold.flatMap(({ podId, changeW, baselineW, measuredW }) => {
    if (measuredW === null || changeW === 0) return [];
    const movedW = (measuredW - baselineW) * Math.sign(changeW);
    const soldW = Math.abs(changeW);
    const deliveredW = Math.max(0, Math.min(soldW, movedW));
    const missingPerMille = Math.floor(((soldW - deliveredW) * 1_000) / soldW);
    const isShort = penaltyPerMille(missingPerMille, penalty) > 0;
    return [{ podId, soldWh: toWh(soldW), deliveredWh: toWh(deliveredW), isShort }];
  });
  const short = measured.filter(({ isShort }) => isShort);
  const [first, ...others] = short;
  if (!first) return undefined;
  const missingOf = (one: typeof first): number => one.soldWh - one.deliveredWh;
  const { podId, soldWh, deliveredWh } = others.reduce(
    (worst, one) => (missingOf(one) > missingOf(worst) ? one : worst),
    first,
  );
  return {
    soldWh: measured.reduce((sum, one) => sum + one.soldWh, 0),
    deliveredWh: measured.reduce((sum, one) => sum + one.deliveredWh, 0),
    podsShort: short.length,
    podsUnmeasured: sold.filter(({ measuredW }) => measuredW === null).length,
    worst: { podId, soldWh, deliveredWh },
  };
}

const toWh = (watts: number): number => Math.round(watts / MTUS_PER_HOUR);
