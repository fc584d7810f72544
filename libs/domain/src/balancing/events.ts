/** Balancing jobs of an energy community. Stream `balancing-{jobId}`. */
import type { CommunityMoment, CommunityPlan, CommunitySchedule } from './community';

/** A job that was worked out. */
export interface BalancingJobCompleted {
  readonly type: 'BalancingJobCompleted';
  readonly data: {
    readonly jobId: string;
    /** As the asking application names the job and itself. */
    readonly name: string;
    readonly application: string;
    readonly control: 'rule-based' | 'optimal';
    /** A horizon or a moment: one of both. */
    readonly plan: CommunityPlan | null;
    readonly moment: CommunityMoment | null;
    readonly schedule: CommunitySchedule;
    /** Name and version of the solver; null by rule. */
    readonly solver: string | null;
  };
}

/** It is not listed any more. */
export interface BalancingJobDeleted {
  readonly type: 'BalancingJobDeleted';
  readonly data: { readonly jobId: string };
}

export type BalancingEvent = BalancingJobCompleted | BalancingJobDeleted;

export const balancingStream = (jobId: string): string => `balancing-${jobId}`;
