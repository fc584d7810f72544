/**
 * The DSO's latest forecast for each session, the violations in it and the requests planned from
 * it. A new forecast begins with none of either; what concerns an earlier one is passed over. The
 * forecast's bus powers stay in the log: at a megabyte each they are read where they are solved.
 */
import type {
  Direction,
  ElementType,
  GridForecastEvent,
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
  readonly detectedAt: string;
  readonly resolvedAt: string | null;
}

/** A request as planned; its PoDs stand with the market's request of the same id. */
export interface PlannedGridRequest {
  readonly requestId: string;
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly voltageLevel: VoltageLevel;
  readonly direction: Direction;
  readonly quantityW: readonly number[];
  /** Why an operator holds it back; null = it goes to the market. */
  readonly heldFor: string | null;
}

export const gridStateView: View<GridStateDocument, Recorded<GridForecastEvent>> = {
  name: 'grid-state',
  version: 2,
  types: [
    'ForecastComputed',
    'ViolationDetected',
    'ViolationResolved',
    'RequestPlanned',
    'RequestHeld',
    'RequestReleased',
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
      };
    }
    if (!doc) return doc;
    if (event.type === 'RequestHeld') {
      return withHeld(doc, event.data.requestId, event.data.reason);
    }
    if (event.type === 'RequestReleased') return withHeld(doc, event.data.requestId, null);
    if (doc.forecastId !== event.data.forecastId) return doc;
    if (event.type === 'RequestPlanned') {
      const { elementType, elementId, voltageLevel, request } = event.data;
      const { requestId, direction, quantityW } = request;
      const planned = { requestId, elementType, elementId, voltageLevel, direction, quantityW };
      return { ...doc, requests: [...doc.requests, { ...planned, heldFor: null }] };
    }
    if (event.type === 'ViolationDetected') {
      const { elementType, elementId, violation, value, limit, podIds } = event.data;
      const missingW = event.data.missingW ?? value.map(() => 0);
      const found = { elementType, elementId, violation, value, limit, podIds, missingW };
      return withViolations(doc, [
        ...doc.violations,
        { ...found, detectedAt: occurredAt, resolvedAt: null },
      ]);
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

function withHeld(
  doc: GridStateDocument,
  requestId: string,
  heldFor: string | null,
): GridStateDocument {
  const requests = doc.requests.map((request) =>
    request.requestId === requestId ? { ...request, heldFor } : request,
  );
  return { ...doc, requests };
}
