/**
 * What an aggregator says its customers' plants cost and can follow (D3.3 A.2.2), and what it adds to
 * that. The aggregator's own business: the events name no single PoD as their subject, so that nobody
 * but the aggregator and those who see everything may read them. Stream `costs-{aggregatorId}`.
 */

/** What moving a kWh costs, by cause; an offer's price is their sum and the margin. */
export interface VariableCosts {
  /** What the energy itself is worth on the market. */
  readonly marketMicroEurPerKwh: number;
  /** What the weather adds, as a heat pump on a cold day. */
  readonly weatherMicroEurPerKwh: number;
  readonly maintenanceMicroEurPerKwh: number;
  /** Comfort, losses, lost self-consumption. */
  readonly operationMicroEurPerKwh: number;
  /** What the aggregator adds, or takes off, to be called later or sooner. */
  readonly strategyMicroEurPerKwh: number;
}

/** Technical limits of a plant, by which it is offered and setpoints are sent. */
export interface PlantLimits {
  /** From a setpoint's arrival to the plant's answer. */
  readonly responseMinutes: number;
  /** What a plant that stands still needs besides. */
  readonly startUpMinutes: number;
  /** Fastest change of its power; null = any. */
  readonly rampWPerMinute: number | null;
  /** Most energy it moves in a delivery day, up and down together; null = any. */
  readonly energyWh: number | null;
}

/** Costs and limits of one customer's plant. */
export interface UnitCosts extends VariableCosts {
  readonly podId: string;
  /** What offering in one MTU costs, however much: its part of equipment and contract. */
  readonly fixedMicroEurPerMtu: number;
  /** Power the PoD can feed in beyond going to zero, from a battery. */
  readonly feedInW: number;
  /** null = it follows everything. */
  readonly limits: PlantLimits | null;
  /** What moving a kvarh costs, losses of the inverter foremost; absent = its reactive power is not offered. */
  readonly reactiveMicroEurPerKvarh?: number;
}

export type CostsEvent =
  | {
      /** They hold from now on, in the place of what was declared of the same PoDs. */
      readonly type: 'CostsDeclared';
      readonly data: { readonly aggregatorId: string; readonly units: readonly UnitCosts[] };
    }
  | {
      readonly type: 'MarginDeclared';
      readonly data: {
        readonly aggregatorId: string;
        /** Added to the costs in offers, per mille. */
        readonly marginPerMille: number;
      };
    };

/** The parts that `variableCostMicroEurPerKwh` adds up, in the order in which files and forms name them. */
export const VARIABLE_COSTS = [
  'marketMicroEurPerKwh',
  'weatherMicroEurPerKwh',
  'maintenanceMicroEurPerKwh',
  'operationMicroEurPerKwh',
  'strategyMicroEurPerKwh',
] as const satisfies readonly (keyof VariableCosts)[];

/** What moving a kWh costs in all, fixed costs apart. */
export function variableCostMicroEurPerKwh(costs: VariableCosts): number {
  return VARIABLE_COSTS.reduce((sum, part) => sum + costs[part], 0);
}

export const costsStream = (aggregatorId: string): string => `costs-${aggregatorId}`;
