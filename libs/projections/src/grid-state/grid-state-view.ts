/**
 * The DSO's latest forecast for each session and the violations in it. A new forecast begins with no
 * violations; what concerns an earlier one is passed over. The forecast's bus powers stay in the log:
 * at a megabyte each they are read where they are solved.
 */
import type { ElementType, GridForecastEvent } from '@flexledger/domain';
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
}

export interface GridViolation {
  readonly elementType: ElementType;
  readonly elementId: string;
  readonly violation: 'overload' | 'underVoltage' | 'overVoltage';
  /** By MTU: mA for a line, VA for a transformer, millionths of nominal for a voltage; 0 = none. */
  readonly value: readonly number[];
  readonly limit: number;
  /** PoDs that can help. */
  readonly podIds: readonly string[];
  readonly detectedAt: string;
  readonly resolvedAt: string | null;
}

export const gridStateView: View<GridStateDocument, Recorded<GridForecastEvent>> = {
  name: 'grid-state',
  version: 1,
  types: ['ForecastComputed', 'ViolationDetected', 'ViolationResolved'],
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
      };
    }
    if (!doc || doc.forecastId !== event.data.forecastId) return doc;
    if (event.type === 'ViolationDetected') {
      const { elementType, elementId, violation, value, limit, podIds } = event.data;
      const found = { elementType, elementId, violation, value, limit, podIds };
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
