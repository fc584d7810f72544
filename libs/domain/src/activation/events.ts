/**
 * A setpoint's way from the aggregator to the customer's plant, for one delivery window and PoD.
 * Stream `activation-{delivery start}-{podId}`.
 */
export interface Setpoint {
  readonly podId: string;
  /** Start of the window, ISO 8601 UTC. */
  readonly windowStart: string;
  /** Target power at the PoD by MTU, withdrawal positive; null where the plant is free. */
  readonly targetW: readonly (number | null)[];
  /** Target reactive power at the PoD by MTU; null where free. */
  readonly targetVar: readonly (number | null)[];
}

export type ActivationEvent =
  | {
      readonly type: 'SetpointIssued';
      readonly data: Setpoint & { readonly aggregatorId: string; readonly setpointId: string };
    }
  | {
      readonly type: 'SetpointCarried';
      readonly data: {
        readonly setpointId: string;
        readonly podId: string;
        readonly attempt: number;
      };
    }
  | {
      readonly type: 'SetpointReceived';
      readonly data: { readonly setpointId: string; readonly podId: string; readonly at: string };
    }
  | {
      readonly type: 'SetpointApplied';
      readonly data: { readonly setpointId: string; readonly podId: string; readonly at: string };
    }
  | {
      readonly type: 'SetpointFailed';
      readonly data: {
        readonly setpointId: string;
        readonly podId: string;
        readonly reason: string;
      };
    };

export const activationStream = (windowStartName: string, podId: string): string =>
  `activation-${windowStartName}-${podId}`;
