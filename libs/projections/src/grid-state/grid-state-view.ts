/**
 * The DSO's latest forecast for each session, the violations in it and the requests planned from
 * it. A new forecast begins with none of either; what concerns an earlier one is passed over. The
 * forecast's bus powers stay in the log: at a megabyte each they are read where they are solved.
 */
import type {
  Direction,
  ElementType,
  GridForecastEvent,
  GridPoint,
  PlannedRequestState,
  Product,
  ViolationKind,
  VoltageLevel,
} from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface GridStateDocument {
  readonly gridId: string;
  readonly sessionId: string;
  readonly forecastId: string;
  readonly modelDigest: string;
  readonly mtuCount: number;
  readonly computedAt: string;
  /** As the forecast announced; `violations` may still be on their way. */
  readonly violationCount: number;
  readonly openViolations: number;
  readonly violations: readonly GridViolation[];
  readonly requests: readonly PlannedGridRequest[];
  /** How an operator has switched the grid to end violations of it, the last time; null = nobody did. */
  readonly reconfiguration: GridReconfiguration | null;
}

/** What an operator switched, and why. */
export interface GridReconfiguration {
  readonly positions: Reconfigured['positions'];
  readonly reason: string;
  readonly decidedBy: string;
  readonly decidedAt: string;
}

export interface GridViolation {
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly violation: ViolationKind;
  /**
   * By MTU: mA for a line, millionths of the rating for a transformer, millionths of nominal for a
   * voltage, W of imbalance where there is no solution; 0 = none.
   */
  readonly value: readonly number[];
  readonly limit: number;
  /** PoDs that can help. */
  readonly podIds: readonly string[];
  /** By MTU, W that they cannot give; null = no power on this grid moves the value. */
  readonly missingW: readonly (number | null)[];
  /** By MTU, W and var that they can move together the way that helps; empty where it was not told. */
  readonly helpW: readonly number[];
  readonly helpVar: readonly number[];
  readonly detectedAt: string;
  readonly resolvedAt: string | null;
  /** Why it ended, where an operator ended it by switching; null = the market did, or it is open. */
  readonly resolvedFor: string | null;
}

/** A request as planned, and what an operator said of it. */
export interface PlannedGridRequest {
  readonly requestId: string;
  /** The violated element it relieves first. */
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly voltageLevel: VoltageLevel;
  readonly product: Product;
  readonly direction: Direction;
  /** W, var for product Q, by MTU. */
  readonly quantityW: readonly number[];
  readonly podIds: readonly string[];
  /** The point of the grid that these PoDs hang below; null where it was not told, or there is none. */
  readonly gridPoint: GridPoint | null;
  readonly state: PlannedRequestState;
  /** Why an operator holds it back; null = nobody does. */
  readonly heldFor: string | null;
  /** Who held or released it last, and when; null = nobody did. */
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  /** When the market took it last. */
  readonly sentAt: string | null;
}

type Reconfigured = Extract<GridForecastEvent, { type: 'GridReconfigured' }>['data'];

/** Events that say something of the grid's state; the powers themselves stay in the log. */
type GridStateEvent = Exclude<
  GridForecastEvent,
  { type: 'ForecastContinued' | 'CustomersForecast' }
>;

export const gridStateView: View<GridStateDocument, Recorded<GridStateEvent>> = {
  name: 'grid-state',
  version: 5,
  types: [
    'ForecastComputed',
    'ViolationDetected',
    'ViolationResolved',
    'GridReconfigured',
    'RequestPlanned',
    'RequestHeld',
    'RequestReleased',
    'RequestSent',
  ],
  indexes: ['gridId', 'sessionId', 'computedAt', 'openViolations'],
  keysOf: ({ data }) => [gridStateKey(data.gridId, data.sessionId)],
  evolve(doc, event) {
    const { occurredAt } = event;
    if (event.type === 'ForecastComputed') {
      const { gridId, sessionId, forecastId, modelDigest, mtuCount, violations } = event.data;
      return {
        gridId,
        sessionId,
        forecastId,
        modelDigest,
        mtuCount,
        computedAt: occurredAt,
        violationCount: violations,
        openViolations: 0,
        violations: [],
        requests: [],
        reconfiguration: null,
      };
    }
    if (!doc) return doc;
    const decided = { decidedBy: event.actor, decidedAt: occurredAt };
    switch (event.type) {
      case 'RequestHeld': {
        const { requestId, reason: heldFor } = event.data;
        return withRequest(doc, requestId, { state: 'held', heldFor, ...decided });
      }
      case 'RequestReleased': {
        const { requestId } = event.data;
        return withRequest(doc, requestId, { state: 'released', heldFor: null, ...decided });
      }
      case 'RequestSent': {
        const { requestId } = event.data;
        return withRequest(doc, requestId, { state: 'sent', sentAt: occurredAt });
      }
    }
    if (doc.forecastId !== event.data.forecastId) return doc;
    if (event.type === 'RequestPlanned') {
      return { ...doc, requests: [...doc.requests, plannedRequest(event.data)] };
    }
    if (event.type === 'ViolationDetected') {
      const { elementType, elementId, violation, value, limit, podIds } = event.data;
      const { missingW = value.map(() => 0), helpW = [], helpVar = [] } = event.data;
      const help = { podIds, missingW, helpW, helpVar };
      const found = { elementType, elementId, violation, value, limit, ...help };
      return withViolations(doc, [
        ...doc.violations,
        { ...found, detectedAt: occurredAt, resolvedAt: null, resolvedFor: null },
      ]);
    }
    if (event.type === 'GridReconfigured') {
      const { positions, reason, modelDigest, ended } = event.data;
      const violations = doc.violations.map((violation) =>
        ended.includes(violation.elementId) && violation.resolvedAt === null
          ? { ...violation, resolvedFor: reason }
          : violation,
      );
      const reconfiguration = { positions, reason, ...decided };
      return { ...doc, modelDigest, violations, reconfiguration };
    }
    const { elementId } = event.data;
    return withViolations(
      doc,
      doc.violations.map((violation) =>
        violation.elementId === elementId && violation.resolvedAt === null
          ? { ...violation, resolvedAt: occurredAt }
          : violation,
      ),
    );
  },
};

export function gridStateKey(gridId: string, sessionId: string): string {
  return documentKey(gridId, sessionId);
}

function withViolations(
  doc: GridStateDocument,
  violations: readonly GridViolation[],
): GridStateDocument {
  const openViolations = violations.filter(({ resolvedAt }) => resolvedAt === null).length;
  return { ...doc, openViolations, violations };
}

function plannedRequest({
  elementType,
  elementId,
  voltageLevel,
  request,
}: Extract<GridForecastEvent, { type: 'RequestPlanned' }>['data']): PlannedGridRequest {
  const { requestId, product, direction, quantityW, scope, gridPoint = null } = request;
  return {
    requestId,
    elementType,
    elementId,
    voltageLevel,
    product,
    direction,
    quantityW,
    podIds: 'podIds' in scope ? scope.podIds : [],
    gridPoint,
    state: 'proposed',
    heldFor: null,
    decidedBy: null,
    decidedAt: null,
    sentAt: null,
  };
}

function withRequest(
  doc: GridStateDocument,
  requestId: string,
  change: Partial<PlannedGridRequest>,
): GridStateDocument {
  const requests = doc.requests.map((request) =>
    request.requestId === requestId ? { ...request, ...change } : request,
  );
  return { ...doc, requests };
}
