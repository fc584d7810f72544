/**
 * The network model: a balanced (positive-sequence) grid as element tables, units in the names. It
 * is plain data, so that it can stand in an event as it is. `parseNetwork` is the only way to make
 * one from foreign data; what it returns is complete and consistent.
 *
 * Signs: loads and shunts are positive when they consume, generators when they inject; reactive
 * power is positive when inductive for a consumer and when supplied for a generator.
 */
export interface Network {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly frequencyHz: number;
  readonly buses: readonly Bus[];
  readonly lines: readonly Line[];
  readonly transformers: readonly Transformer[];
  readonly loads: readonly Load[];
  readonly staticGenerators: readonly StaticGenerator[];
  readonly shunts: readonly Shunt[];
  readonly switches: readonly Switch[];
  readonly externalGrid: ExternalGrid;
  /** Points of delivery and the bus each hangs at. */
  readonly pods: readonly PodConnection[];
  /** Of an imported network: what of its files it lacks, and what it assumes; absent = nothing. */
  readonly remarks?: ImportRemarks;
}

/** What an import left out of the network, and what it put in place of something else. */
export interface ImportRemarks {
  /** What the file has and the network has not. */
  readonly leftOut: readonly Remark[];
  /** What the file does not say or the network says otherwise, and what stands in its place. */
  readonly assumed: readonly Remark[];
}

/** Elements of one kind that share one remark. */
export interface Remark {
  readonly what: string;
  readonly count: number;
  readonly reason: string;
}

export interface Bus {
  readonly id: string;
  readonly name: string;
  /** Nominal line-to-line voltage, kV; base of every `vmPu`. */
  readonly vnKv: number;
  /** Operating band, pu; null = none given. */
  readonly vMinPu: number | null;
  readonly vMaxPu: number | null;
}

/** Pi model: total series impedance, half of the total capacitance at each end. */
export interface Line {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly rOhm: number;
  readonly xOhm: number;
  /** Total shunt capacitance, nF. */
  readonly cNf: number;
  /** Thermal rating, kA; null = unrated. */
  readonly maxIKa: number | null;
  /** False = disconnected at both ends, no charging current. */
  readonly inService: boolean;
}

/** Two-winding transformer, T equivalent; see `transformerTwoPort`. */
export interface Transformer {
  readonly id: string;
  readonly name: string;
  readonly hv: string;
  readonly lv: string;
  /** Rated power, and base of the percentages below. */
  readonly snMva: number;
  /** True = nobody gives a rating: `snMva` is a base only, and there is no loading. */
  readonly unrated?: true;
  /** Rated voltages at neutral tap, kV. */
  readonly vnHvKv: number;
  readonly vnLvKv: number;
  /** Short-circuit voltage and its resistive part, % of `snMva`. */
  readonly vkPercent: number;
  readonly vkrPercent: number;
  /** Iron losses at rated voltage, kW. */
  readonly pfeKw: number;
  /** No-load current, % of rated current; includes the iron-loss part. */
  readonly i0Percent: number;
  readonly tapPos: number;
  readonly tapNeutral: number;
  readonly tapMin: number | null;
  readonly tapMax: number | null;
  /** Voltage per step, % of the rated voltage of `tapSide`. */
  readonly tapStepPercent: number;
  /** null = no tap changer. */
  readonly tapSide: 'hv' | 'lv' | null;
  /** The LV voltage lags the HV voltage by this angle at no load. */
  readonly shiftDegree: number;
  readonly inService: boolean;
}

/**
 * A load. The two shares say which part of it is not constant power: constant current (power
 * proportional to the voltage) and constant impedance (to its square); `pMw`, `qMvar` hold at 1 pu.
 */
export interface Load {
  readonly id: string;
  readonly name: string;
  readonly bus: string;
  readonly pMw: number;
  readonly qMvar: number;
  readonly constantCurrentPercent: number;
  readonly constantImpedancePercent: number;
}

/**
 * A generator with fixed P and Q, or with fixed P and voltage where `vmPu` is given (`qMvar`
 * unused).
 */
export interface StaticGenerator {
  readonly id: string;
  readonly name: string;
  readonly bus: string;
  readonly pMw: number;
  readonly qMvar: number;
  readonly vmPu: number | null;
  /** What drives it, as the file names it (`PV`, `Wind`, `WP`); absent where it does not say. */
  readonly type?: string;
}

/** A constant impedance, given by what it consumes at 1 pu; a capacitor has a negative `qMvar`. */
export interface Shunt {
  readonly id: string;
  readonly name: string;
  readonly bus: string;
  readonly pMw: number;
  readonly qMvar: number;
}

/**
 * A closed `busToBus` switch makes two buses one; open, it does nothing. An open `line` or
 * `transformer` switch takes the whole element out, at both ends.
 */
export type Switch = {
  readonly id: string;
  readonly name: string;
  readonly closed: boolean;
} & (
  | { readonly kind: 'busToBus'; readonly from: string; readonly to: string }
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'transformer'; readonly transformer: string }
);

/** The slack: the one bus with a given voltage, which supplies the rest. */
export interface ExternalGrid {
  readonly bus: string;
  readonly vmPu: number;
  readonly vaDegree: number;
}

/** `id` is the PoD code, such as `IT002E60776854`. */
export interface PodConnection {
  readonly id: string;
  readonly bus: string;
}
