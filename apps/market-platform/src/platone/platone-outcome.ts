import type { ScheduledSession } from '@flexledger/domain';
import {
  type PlatoneOutcomeRow,
  InvalidQuery,
  type ValidatedRow,
  platoneOutcomeRows,
} from '@flexledger/projections';
import type { PageDto } from '@flexledger/service-kit';
import type { RowOwner } from '../http/own-rows';
import { isOf } from '../ports/results';

const DEFAULT_LIMIT = 100;

/** A session's validated outcome, or some of its rows (D2.4 figure 6). */
export interface PlatoneOutcome {
  readonly marketOutcomeId: string;
  readonly marketType: 'dayAhead' | 'realTime';
  readonly startTime: string;
  readonly pods: readonly PlatoneOutcomePod[];
  /** The `cursor` of what follows; null where nothing does. */
  readonly next: string | null;
}

export interface PlatoneOutcomePod {
  readonly pod: string;
  readonly power: readonly PlatoneOutcomeRow[];
}

/**
 * An owner's rows of a session whose result is published, as each round accepted them and the DSO
 * answered. A published result does not change, so a cursor is how many of them were given already.
 *
 * @throws InvalidQuery for a cursor of another query
 */
export function platoneOutcome(
  { schedule, rounds, status }: ScheduledSession,
  owner: RowOwner,
  { limit = DEFAULT_LIMIT, cursor = '0' }: PageDto,
): PlatoneOutcome {
  const session = schedule;
  const own: ValidatedRow[] =
    status === 'published'
      ? rounds
          .filter((round) => round.validated)
          .flatMap((round) => {
            const said = new Map(round.exceptions.map((each) => [each.index, each]));
            return round.rows.map((row, index) => {
              const exception = said.get(index);
              return { row, ...(exception ? { exception } : {}) };
            });
          })
          .filter(({ row }) => isOf(row, owner))
      : [];
  const from = offsetOf(cursor, own.length);
  const pods = new Map<string, PlatoneOutcomeRow[]>();
  for (const validated of own.slice(from, from + limit)) {
    const { podId } = validated.row;
    pods.set(podId, [...(pods.get(podId) ?? []), ...platoneOutcomeRows(validated, session)]);
  }
  return {
    marketOutcomeId: session.sessionId,
    marketType: session.kind,
    startTime: session.deliveryStart,
    pods: [...pods].map(([pod, power]) => ({ pod, power })),
    next: from + limit < own.length ? String(from + limit) : null,
  };
}

function offsetOf(cursor: string, most: number): number {
  const offset = /^\d{1,9}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (offset <= most) return offset;
  throw new InvalidQuery(
    'cursor',
    `The cursor "${cursor.slice(0, 100)}" does not belong to this query; begin without one.`,
  );
}
