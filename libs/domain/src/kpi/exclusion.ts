/**
 * PoDs that are left out of an indicator because they distort it (D3.5, figure 17: "eliminating the PoD that
 * distorted its measurements"). Who leaves one out, when and why stays in the log. Stream
 * `kpiExclusion-{podId}`; only KPI_IT_02 knows exclusions.
 */
import { type Decider, DomainError } from '../log/decider';

export interface KpiExclusionChanged {
  readonly type: 'KpiExclusionChanged';
  readonly data: {
    readonly podId: string;
    /** True where it is left out from now on, of all days. */
    readonly excluded: boolean;
    readonly reason: string;
  };
}

export const kpiExclusionStream = (podId: string): string => `kpiExclusion-${podId}`;

/** Most characters of a reason. */
const REASON_MAX = 500;

/** Leaves a PoD out, or takes it in again; the same again changes nothing. */
export const kpiExclusionDecider: Decider<
  boolean,
  KpiExclusionChanged['data'],
  KpiExclusionChanged
> = {
  initialState: false,
  decide(wanted, excluded) {
    const reason = wanted.reason.trim();
    if (reason === '' || reason.length > REASON_MAX) {
      const what = `must say in 1 to ${REASON_MAX} characters why`;
      throw new DomainError('reason-malformed', `The reason ${what}.`, [
        { field: 'reason', reason: what },
      ]);
    }
    if (wanted.excluded === excluded) return [];
    return [{ type: 'KpiExclusionChanged', data: { ...wanted, reason } }];
  },
  evolve: (_, { data }) => data.excluded,
};
