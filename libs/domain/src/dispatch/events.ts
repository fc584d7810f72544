/**
 * What an aggregator's dispatch of a window came to, and what of its sales it cannot deliver as sold.
 * Stream `dispatch-{window start}-{aggregatorId}`.
 */

/** Why a plant does not make a sold change, or not whole. */
export type DispatchLimit = 'response' | 'startUp' | 'ramp' | 'energy';

/** A sold change that no setpoint asks for, or not whole. */
export interface InfeasibleMtu {
  readonly podId: string;
  /** Absent = active power. */
  readonly product?: 'Q';
  /** MTU of the window. */
  readonly mtu: number;
  /** Change of the withdrawal that was sold, and the one the setpoint asks for; var for product Q. */
  readonly soldChangeW: number;
  readonly changeW: number;
  /** `portfolio`: the PoD is not available any more, or has no baseline, and gets no setpoint. */
  readonly limit: DispatchLimit | 'portfolio';
}

export interface DispatchReported {
  readonly type: 'DispatchReported';
  readonly data: {
    readonly aggregatorId: string;
    /** ISO 8601 UTC. */
    readonly windowStart: string;
    /** PoDs that were sent a setpoint. */
    readonly setpoints: number;
    readonly infeasibleMtus: number;
    /** Those of them that miss most, at most `INFEASIBLE_MTUS_SHOWN`. */
    readonly infeasible: readonly InfeasibleMtu[];
  };
}

/** Infeasible MTUs that one report lists; how many there are it says beside. */
export const INFEASIBLE_MTUS_SHOWN = 1_000;

export const dispatchStream = (windowStartName: string, aggregatorId: string): string =>
  `dispatch-${windowStartName}-${aggregatorId}`;
