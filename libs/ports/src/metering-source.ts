/**
 * What settlement, baselines and forecasts ask of meters, put together from the platforms that know
 * it: baselines of the register, energies of the measurements, sales of the results.
 */
import {
  type DeliveryPeriod,
  type MeteringSource,
  type SessionSales,
  MTUS_PER_HOUR,
  activatedMtus,
  deliveryDay as civilDayPeriod,
  rowsOfDay,
  MTU_MS,
} from '@flexledger/domain';
import type { MeasuredQuarterHour, MeasurementsPort } from './measurements';
import type { DeclaredBaselines, RegisterPort } from './register';

/** Where a metering source asks. */
export interface MeteringPorts {
  readonly register: Pick<RegisterPort, 'baselines'>;
  readonly measurements: Pick<MeasurementsPort, 'quarterHours'>;
  /** What was sold for a civil day, by session; of the PoDs that will be asked for at least. */
  readonly salesOn: (deliveryDay: string) => Promise<readonly SessionSales[]>;
}

/** A source over the platforms' ports. */
export function meteringSource(
  { register, measurements, salesOn }: MeteringPorts,
  timeZone: string,
): MeteringSource {
  const meanPower = async (
    podIds: readonly string[],
    { startMs, mtuCount }: Pick<DeliveryPeriod, 'startMs' | 'mtuCount'>,
    energyOf: (measured: MeasuredQuarterHour) => number,
  ): Promise<Map<string, (number | null)[]>> => {
    const untilMs = startMs + mtuCount * MTU_MS;
    const rows = await measurements.quarterHours(podIds, startMs, untilMs);
    return new Map(
      podIds.map((podId, index) => {
        const power = new Array<number | null>(mtuCount).fill(null);
        for (const measured of rows[index]!) {
          power[(measured.mtuStartMs - startMs) / MTU_MS] = energyOf(measured) * MTUS_PER_HOUR;
        }
        return [podId, power] as const;
      }),
    );
  };
  const standing =
    (field: 'baselineW' | 'baselineVar'): MeteringSource['baselinesOf'] =>
    async (podIds, day, untilMs = Infinity) => {
      const found = await register.baselines(podIds, day);
      return new Map(
        found.flatMap((declared) => {
          const values = baselineAt(declared, untilMs)?.[field];
          return values ? [[declared.podId, values] as const] : [];
        }),
      );
    };
  return {
    baselinesOf: standing('baselineW'),
    baselinesVarOf: standing('baselineVar'),
    measuredW: (podIds, startMs, mtuCount) =>
      meanPower(podIds, { startMs, mtuCount }, netWithdrawnWh),
    measuredVar: (podIds, startMs, mtuCount) =>
      meanPower(podIds, { startMs, mtuCount }, ({ reactiveVarh }) => reactiveVarh),
    async activatedOn(podIds, day) {
      const period = civilDayPeriod(day, timeZone);
      const wanted = new Set(podIds);
      const sales = (await salesOn(day)).map((session) => ({
        ...session,
        rows: session.rows.filter(({ podId }) => wanted.has(podId)),
      }));
      return activatedMtus(rowsOfDay(sales, period), period.mtuCount);
    },
  };
}

/** Energy withdrawn less energy fed in, Wh. */
export const netWithdrawnWh = ({ withdrawnWh, injectedWh }: MeasuredQuarterHour): number =>
  withdrawnWh - injectedWh;

/** The baseline as it stood at an instant; undefined when none was declared by then. */
export function baselineAt(
  { declared }: DeclaredBaselines,
  untilMs: number,
): DeclaredBaselines['declared'][number] | undefined {
  return declared.findLast(({ declaredAt }) => Date.parse(declaredAt) <= untilMs);
}
