/**
 * The key performance indicators of the Italian demonstration (D3.3 annex C). All are
 * percentages, here in basis points: 10,000 is 100 %.
 */
import type { Direction, Product } from '../units/units';
import { type RatioMean, basisPoints, meanOf } from './ratio-mean';
import type { SessionKind } from '../rule-pack/calendar';
import { ASSET_CATEGORIES, type AssetCategory } from '../grid-operations/events';
import type { KpiTally, Service } from './session-kpis';

export type KpiId =
  'KPI_PR_01' | 'KPI_PR_02' | 'KPI_PR_03' | 'KPI_PR_04' | 'KPI_IT_01' | 'KPI_IT_02' | 'KPI_IT_03';

export interface KpiDefinition {
  readonly id: KpiId;
  readonly name: string;
  /** How it is computed here, where the report leaves it open. */
  readonly reading: string;
  /** What is missing where there is no value. */
  readonly noValueBecause: string;
  readonly targetBasisPoints: number;
  /** What lies on the good side of the target. */
  readonly isGood: 'atLeast' | 'atMost';
}

export const KPIS: readonly KpiDefinition[] = [
  {
    // C.1: R = N_accept / N_total x 100.
    id: 'KPI_PR_01',
    name: 'Participant Recruitment',
    reading:
      'PoDs with an agreement in force, of all to which one was ever proposed, when the gate closed or the day ended',
    noValueBecause: 'nobody had been proposed an agreement by then',
    targetBasisPoints: 1_000,
    isGood: 'atLeast',
  },
  {
    // C.2: R = N_active / N_accept x 100; N_active from the offers list.
    id: 'KPI_PR_02',
    name: 'Active Participants',
    reading:
      'PoDs with an offer, of those with an agreement in force when the gate closed or the day ended; by activity `app`: PoDs whose customer did something in the app on the days',
    noValueBecause: 'no agreement was in force, or no gate had closed, by then',
    targetBasisPoints: 10_000,
    isGood: 'atLeast',
  },
  {
    // C.3: 1/T sum_t ( sum_i |available_i,t| / sum_i |baseline_i,t| ) x 100, up and down.
    id: 'KPI_PR_03',
    name: 'Flexibility Availability',
    reading:
      'offered over baseline, P and Q each over its own, of the PoDs with a baseline that offer in the session, in all MTUs in which their baselines are not all 0',
    noValueBecause: 'no PoD with a baseline other than 0 offered',
    targetBasisPoints: 2_000,
    isGood: 'atLeast',
  },
  {
    // C.4: 1/T sum_t 1/N sum_i ( |provided_i,t| / |setpoint_i,t| ) x 100.
    id: 'KPI_PR_04',
    name: 'Flexibility Effectiveness',
    reading: 'delivered, as settled, over accepted, of the measured PoDs that sold in the MTU',
    noValueBecause: 'nothing that was sold has been measured and settled',
    targetBasisPoints: 7_000,
    isGood: 'atLeast',
  },
  {
    // C.5: 1/T sum_t ( sum_i |offered_i,t| / sum_j |requested_j,t| ) x 100, up and down.
    id: 'KPI_IT_01',
    name: 'Market Liquidity',
    reading:
      'offered over requested, in the MTUs in which something was requested; of a PoD what it alone offers',
    noValueBecause: 'nothing was requested',
    targetBasisPoints: 15_000,
    isGood: 'atLeast',
  },
  {
    // C.6: 1/T sum_t 1/N_t sum_i |(real_i,t - forecast_i,t) / real_i,t| x 100.
    id: 'KPI_IT_02',
    name: 'Forecast Reliability, customer profile',
    reading:
      "the DSO's forecast for the session, else the baseline, of metered PoDs that sold nothing in the MTU, without those that are excluded",
    noValueBecause: 'no PoD with a forecast was measured while it was left alone',
    targetBasisPoints: 2_500,
    isGood: 'atMost',
  },
  {
    // C.7: as C.6 over the power flows of N_t assets of one category.
    id: 'KPI_IT_03',
    name: 'Forecast Reliability, grid profile',
    reading:
      'as KPI_IT_02 for grid nodes: the sums over the metered PoDs at each; by category, of the assets whose power flow the grid operator measures, against the power flow on its forecast',
    noValueBecause: 'no PoD with a forecast and a grid node was measured while it was left alone',
    targetBasisPoints: 3_000,
    isGood: 'atMost',
  },
];

/** One value of one indicator: what `flexledger kpis` prints and `export kpis` writes. */
export interface KpiRow {
  readonly kpi: KpiId;
  readonly name: string;
  readonly scope: 'session' | 'day' | 'pod' | 'total';
  /** Session, ISO date or PoD; empty for the total. */
  readonly id: string;
  /** The service it is of; null where the indicator knows no services. */
  readonly product: Product | null;
  readonly direction: Direction | null;
  /** Sessions for which was forecast, 24 h day-ahead or 4 h real-time; null for what is no forecast. */
  readonly horizon: SessionKind | null;
  /** By what customers count as active: what is offered of them, or what they do in the app; null for the others. */
  readonly activity: 'offers' | 'app' | null;
  /** Of which assets, by their measured power flows; null for what is not of single assets. */
  readonly category: AssetCategory | null;
  /** null where there is none, never 0 for it. */
  readonly valueBasisPoints: number | null;
  /** Periods (MTUs of sessions) that have a ratio; 1 for those that are no mean over time. */
  readonly periods: number;
  readonly targetBasisPoints: number;
  readonly meetsTarget: boolean | null;
  /** Why there is no value; null where there is one. */
  readonly note: string | null;
}

/** Customers, for the indicators that count them. */
export interface CustomerCounts {
  /** PoDs to which an agreement had ever been proposed. */
  readonly contacted: number;
  /** Of them, those with an agreement in force. */
  readonly accepted: number;
  /** Of these, those that offered; null while no gate has closed. */
  readonly active: number | null;
  /** Of those with an agreement, those that did something in the app; absent where no days are meant. */
  readonly usedApp?: number;
}

type RowOf = Pick<KpiRow, 'scope' | 'id'>;
type ServiceOf = Partial<
  Pick<KpiRow, 'product' | 'direction' | 'horizon' | 'activity' | 'category'>
>;

/** KPI_PR_01 and KPI_PR_02 of a scope. */
export function customerRows(
  of: RowOf,
  { contacted, accepted, active, usedApp }: CustomerCounts,
): KpiRow[] {
  const counted = (
    id: KpiId,
    dividend: number | null,
    divisor: number,
    service: ServiceOf = {},
  ): KpiRow => {
    const value = dividend === null ? null : (basisPoints(dividend, divisor) ?? null);
    return kpiRow(id, of, service, { basisPoints: value, periods: value === null ? 0 : 1 });
  };
  const byApp =
    usedApp === undefined ? [] : [counted('KPI_PR_02', usedApp, accepted, { activity: 'app' })];
  return [
    counted('KPI_PR_01', accepted, contacted),
    counted('KPI_PR_02', active, accepted, { activity: 'offers' }),
    ...byApp,
  ];
}

/**
 * The indicators that are means over time. Services of reactive power that nobody used are left out, and categories of
 * assets of which nothing was measured.
 *
 * @param horizons of the forecasts of this scope
 */
export function tallyRows(
  of: RowOf,
  tally: KpiTally,
  horizons: readonly SessionKind[] = ['dayAhead', 'realTime'],
): KpiRow[] {
  const row = (id: KpiId, mean: RatioMean, service: ServiceOf) =>
    kpiRow(id, of, service, { basisPoints: meanOf(mean), periods: mean.periods });
  const { availability, effectiveness, liquidity, customerForecast, gridForecast } = tally;
  const { assetForecast } = tally;
  const byService = (id: KpiId, means: Readonly<Record<Service, RatioMean>>): KpiRow[] =>
    (Object.entries(means) as [Service, RatioMean][]).map(([service, mean]) => {
      const [product, direction] = service.split('/') as [Product, Direction];
      return row(id, mean, { product, direction });
    });
  const rows = [
    ...byService('KPI_PR_03', availability),
    row('KPI_PR_04', effectiveness.P, { product: 'P' }),
    row('KPI_PR_04', effectiveness.Q, { product: 'Q' }),
    ...byService('KPI_IT_01', liquidity),
    ...horizons.map((horizon) => row('KPI_IT_02', customerForecast[horizon], { horizon })),
    ...horizons.map((horizon) => row('KPI_IT_03', gridForecast[horizon], { horizon })),
    ...horizons.flatMap((horizon) =>
      ASSET_CATEGORIES.map((category) =>
        row('KPI_IT_03', assetForecast[`${category}/${horizon}`], { horizon, category }),
      ),
    ),
  ];
  return rows.filter(
    ({ product, category, periods }) => (product !== 'Q' && category === null) || periods > 0,
  );
}

function kpiRow(
  id: KpiId,
  of: RowOf,
  { product = null, direction = null, horizon = null, activity = null, category = null }: ServiceOf,
  value: { readonly basisPoints: number | null; readonly periods: number },
): KpiRow {
  const { name, targetBasisPoints, isGood, noValueBecause } = KPIS.find((kpi) => kpi.id === id)!;
  const distance = value.basisPoints === null ? null : value.basisPoints - targetBasisPoints;
  const isMet = distance === null ? null : isGood === 'atLeast' ? distance >= 0 : distance <= 0;
  const isOfNode = id === 'KPI_IT_03' && of.scope === 'pod';
  const because = isOfNode ? 'it is of grid nodes, not of single PoDs' : noValueBecause;
  return {
    kpi: id,
    name,
    ...of,
    product,
    direction,
    horizon,
    activity,
    category,
    valueBasisPoints: value.basisPoints,
    periods: value.periods,
    targetBasisPoints,
    meetsTarget: isMet,
    note: distance === null ? because : null,
  };
}
