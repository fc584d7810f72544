/**
 * The DSO's forecast of one delivery period and the violations found in it. Computed in floating
 * point, recorded in integers with the digest of its inputs. Stream
 * `gridForecast-{gridId}-{delivery start}`.
 */
export type ElementType = 'bus' | 'line' | 'transformer';

export type GridForecastEvent =
  | {
      readonly type: 'ForecastComputed';
      readonly data: {
        readonly forecastId: string;
        readonly gridId: string;
        readonly sessionId: string;
        readonly modelDigest: string;
        readonly mtuCount: number;
        /** Withdrawal at each bus of the model by MTU, in the order of the model's buses. */
        readonly busW: readonly (readonly number[])[];
        readonly busVar: readonly (readonly number[])[];
        readonly violations: number;
      };
    }
  | {
      readonly type: 'ViolationDetected';
      readonly data: {
        readonly forecastId: string;
        readonly gridId: string;
        readonly sessionId: string;
        readonly elementType: ElementType;
        readonly elementId: string;
        /** `overload`, `underVoltage` or `overVoltage`. */
        readonly violation: 'overload' | 'underVoltage' | 'overVoltage';
        /** By MTU: mA for a line, VA for a transformer, millionths of nominal for a voltage; 0 = none. */
        readonly value: readonly number[];
        readonly limit: number;
        /** PoDs that can help. */
        readonly podIds: readonly string[];
      };
    }
  | {
      readonly type: 'ViolationResolved';
      readonly data: {
        readonly forecastId: string;
        readonly gridId: string;
        readonly sessionId: string;
        readonly elementId: string;
      };
    };

export const gridForecastStream = (gridId: string, deliveryStartName: string): string =>
  `gridForecast-${gridId}-${deliveryStartName}`;
