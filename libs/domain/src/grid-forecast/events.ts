import type { FlexibilityRequest } from '../market-session/events';

/**
 * The DSO's forecast of one delivery period, the violations found in it and the requests they lead
 * to. Computed in floating point, recorded in integers with the digest of its inputs. Stream
 * `gridForecast-{gridId}-{delivery start}`.
 */
export type ElementType = 'bus' | 'line' | 'transformer';

/** `noSolution`: the power flow has none, the load is beyond what the grid can carry at all. */
export type ViolationKind = 'overload' | 'underVoltage' | 'overVoltage' | 'noSolution';

/** Lines and buses up to 1 kV are LV; MV/LV transformers count as MV (D3.3 A.3.3.2). */
export type VoltageLevel = 'MV' | 'LV';

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
        /** How many `ViolationDetected` and `RequestPlanned` of this forecast follow. */
        readonly violations: number;
        readonly requests?: number;
        /** How many `ForecastContinued` and `CustomersForecast` of it follow. */
        readonly continued?: number;
        readonly customers?: number;
      };
    }
  | {
      /** Further buses of a grid whose forecast is too large for one event, in the model's order. */
      readonly type: 'ForecastContinued';
      readonly data: {
        readonly forecastId: string;
        readonly gridId: string;
        readonly sessionId: string;
        readonly busW: readonly (readonly number[])[];
        readonly busVar: readonly (readonly number[])[];
      };
    }
  | {
      /** What the market's customers were forecast to draw by themselves; some of them an event. */
      readonly type: 'CustomersForecast';
      readonly data: {
        readonly forecastId: string;
        readonly gridId: string;
        readonly sessionId: string;
        readonly podIds: readonly string[];
        /** W by MTU, withdrawal positive, in the order of `podIds`. */
        readonly forecastW: readonly (readonly number[])[];
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
        readonly violation: ViolationKind;
        /**
         * By MTU: mA for a line, millionths of the rating for a transformer, millionths of nominal
         * for a voltage, W of imbalance at the worst bus where there is no solution; 0 = none.
         */
        readonly value: readonly number[];
        readonly limit: number;
        /** PoDs that can help. */
        readonly podIds: readonly string[];
        /**
         * By MTU, what they cannot give: W more that would have to move at the best-placed bus, all
         * of their flexibility used; 0 = they suffice, null = no power on this grid moves the value.
         */
        readonly missingW?: readonly (number | null)[];
        /** By MTU, W and var that all of them can move together the way that helps; 0 = nothing. */
        readonly helpW?: readonly number[];
        readonly helpVar?: readonly number[];
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
    }
  | {
      /**
       * An operator ends violations of a forecast by switching: the published model with these positions is
       * that of the session from now on, and of the grid until another is published.
       */
      readonly type: 'GridReconfigured';
      readonly data: {
        readonly forecastId: string;
        readonly gridId: string;
        readonly sessionId: string;
        readonly positions: readonly {
          readonly elementType: 'switch' | 'line' | 'transformer';
          readonly elementId: string;
          /** Of a line or transformer: in service. */
          readonly closed: boolean;
        }[];
        readonly reason: string;
        /** Digest of the published model that has these positions. */
        readonly modelDigest: string;
        /**
         * Elements whose violation ends by it, each with its `ViolationResolved`; none where an earlier delivery's switches come
         * into its model.
         */
        readonly ended: readonly string[];
      };
    }
  | {
      /** What the DSO is going to ask the market for, unless an operator holds it back. */
      readonly type: 'RequestPlanned';
      readonly data: {
        readonly forecastId: string;
        readonly gridId: string;
        readonly sessionId: string;
        /** The violated element it relieves first. */
        readonly elementType: ElementType;
        readonly elementId: string;
        readonly voltageLevel: VoltageLevel;
        readonly request: FlexibilityRequest;
      };
    }
  | {
      /** An operator holds it back: it does not go to the market, or is taken back from there. */
      readonly type: 'RequestHeld';
      readonly data: {
        readonly gridId: string;
        readonly sessionId: string;
        readonly requestId: string;
        readonly reason: string;
      };
    }
  | {
      /** An operator lets it go to the market, at once. */
      readonly type: 'RequestReleased';
      readonly data: {
        readonly gridId: string;
        readonly sessionId: string;
        readonly requestId: string;
      };
    }
  | {
      /** The market has taken it. */
      readonly type: 'RequestSent';
      readonly data: {
        readonly gridId: string;
        readonly sessionId: string;
        readonly requestId: string;
      };
    };

/** Where a planned request stands; an operator may hold or release it as long as the gate is open. */
export type PlannedRequestState = 'proposed' | 'held' | 'released' | 'sent';

export const gridForecastStream = (gridId: string, deliveryStartName: string): string =>
  `gridForecast-${gridId}-${deliveryStartName}`;
