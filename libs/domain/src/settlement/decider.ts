import { type Decider, DomainError } from '../log/decider';
import { isLastPart, remainingParts } from '../market-session/parts';
import { netMicroEur } from './awards';
import type { SettlementEvent, SettlementRow } from './events';

export type SettlementCommand =
  | {
      readonly kind: 'recordSettlement';
      readonly sessionId: string;
      readonly correction: number;
      readonly inputDigest: string;
      readonly rows: readonly SettlementRow[];
    }
  | {
      readonly kind: 'recordAward';
      readonly award: Extract<SettlementEvent, { type: 'TokensAwarded' }>['data'];
    }
  | { readonly kind: 'publishSettlement'; readonly sessionId: string };

/** The settlements of one session: the first, and the correcting ones when measurements come late. */
export interface SettlementState {
  readonly settlements: readonly {
    readonly correction: number;
    readonly complete: boolean;
    readonly rows: readonly SettlementRow[];
    readonly awarded: boolean;
    readonly published: boolean;
  }[];
}

export const settlementDecider: Decider<SettlementState, SettlementCommand, SettlementEvent> = {
  initialState: { settlements: [] },
  decide,
  evolve,
};

function decide(command: SettlementCommand, state: SettlementState): SettlementEvent[] {
  switch (command.kind) {
    case 'recordSettlement': {
      const { kind: _, rows, ...facts } = command;
      const begun = state.settlements[facts.correction];
      if (begun?.complete) return [];
      return remainingParts(rows, begun?.rows.length ?? 0).map(({ part, rows: slice }) => ({
        type: 'SettlementComputed' as const,
        data: { ...facts, part, rows: slice },
      }));
    }
    case 'recordAward': {
      const settlement = state.settlements[command.award.correction];
      if (!settlement?.complete) {
        throw new DomainError(
          'settlement-unknown',
          `Session ${command.award.sessionId} has no settlement ${command.award.correction} to award.`,
        );
      }
      return settlement.awarded ? [] : [{ type: 'TokensAwarded', data: command.award }];
    }
    case 'publishSettlement': {
      const settlement = state.settlements.at(-1);
      if (!settlement?.complete) {
        throw new DomainError(
          'settlement-unknown',
          `Session ${command.sessionId} has no settlement to publish.`,
        );
      }
      if (settlement.published) return [];
      const { correction, rows } = settlement;
      const total = (of: (row: SettlementRow) => readonly number[]): number =>
        rows.reduce((sum, row) => sum + of(row).reduce((a, b) => a + b, 0), 0);
      return [
        {
          type: 'SettlementPublished',
          data: {
            sessionId: command.sessionId,
            correction,
            rows: rows.length,
            unmeasuredMtus: total((row) => row.measuredW.map((watts) => (watts === null ? 1 : 0))),
            acceptedWMtu: total((row) => row.acceptedW),
            deliveredWMtu: total((row) => row.deliveredW),
            netMicroEur: netMicroEur(rows),
          },
        },
      ];
    }
  }
}

function evolve(state: SettlementState, event: SettlementEvent): SettlementState {
  const { correction } = event.data;
  const current = state.settlements[correction] ?? {
    correction,
    complete: false,
    rows: [],
    awarded: false,
    published: false,
  };
  const others = state.settlements.filter((other) => other.correction !== correction);
  switch (event.type) {
    case 'SettlementComputed': {
      const { part, rows } = event.data;
      const complete = isLastPart(part);
      return {
        settlements: [...others, { ...current, complete, rows: [...current.rows, ...rows] }],
      };
    }
    case 'TokensAwarded':
      return { settlements: [...others, { ...current, awarded: true }] };
    case 'SettlementPublished':
      return { settlements: [...others, { ...current, published: true }] };
    default:
      return state;
  }
}
