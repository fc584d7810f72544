import type { Decider } from '../log/decider';
import { type DispatchReported, type InfeasibleMtu, INFEASIBLE_MTUS_SHOWN } from './events';

/** The dispatch of one window as it was computed, every infeasible MTU included. */
export interface ReportDispatch {
  readonly aggregatorId: string;
  readonly windowStart: string;
  readonly setpoints: number;
  readonly infeasible: readonly InfeasibleMtu[];
}

export type DispatchState = { readonly status: 'none' } | { readonly status: 'reported' };

/** A window is dispatched and reported once: what is known later does not change what was sent. */
export const dispatchDecider: Decider<DispatchState, ReportDispatch, DispatchReported> = {
  initialState: { status: 'none' },
  decide({ aggregatorId, windowStart, setpoints, infeasible }, { status }) {
    if (status === 'reported') return [];
    const missedW = ({ soldChangeW, changeW }: InfeasibleMtu): number =>
      Math.abs(soldChangeW - changeW);
    const worst = [...infeasible].sort((one, other) => missedW(other) - missedW(one));
    const data = {
      aggregatorId,
      windowStart,
      setpoints,
      infeasibleMtus: infeasible.length,
      infeasible: worst.slice(0, INFEASIBLE_MTUS_SHOWN),
    };
    return [{ type: 'DispatchReported', data }];
  },
  evolve: () => ({ status: 'reported' }),
};
