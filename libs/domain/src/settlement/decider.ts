import { type Decider, DomainError } from '../log/decider';
import { type Gathered, gatherPart, isLastPart, remainingParts } from '../market-session/parts';
import { netMicroEur } from './awards';
import type { SettlementEvent, SettlementRow } from './events';
import type { SaltedRow } from './salted-rows';

export type SettlementCommand =
  | {
      readonly kind: 'recordSettlement';
      readonly sessionId: string;
      readonly correction: number;
      readonly inputDigest: string;
      /** RFC 9162 root over all rows with their salts, 64 hex characters. */
      readonly rowsRoot: string;
      readonly rows: readonly SaltedRow[];
    }
  | {
      readonly kind: 'recordAward';
      readonly award: Extract<SettlementEvent, { type: 'TokensAwarded' }>['data'];
    }
  | { readonly kind: 'publishSettlement'; readonly sessionId: string }
  | {
      readonly kind: 'disputeSettlement';
      readonly dispute: Extract<SettlementEvent, { type: 'SettlementDisputed' }>['data'];
    };

/** The settlements of one session: the first, and the correcting ones when measurements come late. */
export interface SettlementState {
  /** By correction. */
  readonly settlements: readonly Settlement[];
}

export interface Settlement {
  readonly correction: number;
  readonly complete: boolean;
  /** All rows once the last part stands, none before. */
  readonly rows: readonly SettlementRow[];
  /** Root over the rows with their salts; undefined in a settlement from before there were any. */
  readonly rowsRoot: string | undefined;
  /** Parts that stand while the last is missing. */
  readonly begun: Gathered<SettlementRow> | undefined;
  readonly awarded: boolean;
  readonly published: boolean;
  /** Aggregators that dispute it. */
  readonly disputedBy: readonly string[];
}

export const settlementDecider: Decider<SettlementState, SettlementCommand, SettlementEvent> = {
  initialState: { settlements: [] },
  decide,
  evolve,
};

function decide(command: SettlementCommand, state: SettlementState): SettlementEvent[] {
  switch (command.kind) {
    case 'recordSettlement':
      return recordSettlement(command, state);
    case 'recordAward': {
      const { award } = command;
      const settlement = state.settlements[award.correction];
      if (!settlement?.complete) throw unknownSettlement(award.sessionId, award.correction);
      return settlement.awarded ? [] : [{ type: 'TokensAwarded', data: award }];
    }
    case 'publishSettlement': {
      const settlement = state.settlements.at(-1);
      if (!settlement?.complete) {
        throw unknownSettlement(command.sessionId, settlement?.correction ?? 0);
      }
      return settlement.published ? [] : [published(command.sessionId, settlement)];
    }
    case 'disputeSettlement': {
      const { dispute } = command;
      const settlement = state.settlements[dispute.correction];
      if (!settlement?.published) throw unknownSettlement(dispute.sessionId, dispute.correction);
      return settlement.disputedBy.includes(dispute.aggregatorId)
        ? []
        : [{ type: 'SettlementDisputed', data: dispute }];
    }
  }
}

function recordSettlement(
  command: Extract<SettlementCommand, { kind: 'recordSettlement' }>,
  { settlements }: SettlementState,
): SettlementEvent[] {
  const { sessionId, correction, inputDigest, rowsRoot, rows } = command;
  const begun = settlements[correction];
  if (begun?.complete) return [];
  if (correction > 0 && !settlements[correction - 1]?.complete) {
    throw unknownSettlement(sessionId, correction - 1);
  }
  return remainingParts(rows, begun?.begun?.flat() ?? []).map(({ part, rows: slice }) => ({
    type: 'SettlementComputed' as const,
    data: { sessionId, correction, inputDigest, rowsRoot, part, rows: slice },
  }));
}

function published(sessionId: string, { correction, rows, rowsRoot }: Settlement): SettlementEvent {
  const reactive = rows.filter(({ product }) => product === 'Q');
  const active = rows.filter(({ product }) => product === 'P');
  const total = (
    of: (row: SettlementRow) => readonly number[],
    among: readonly SettlementRow[],
  ): number => among.reduce((sum, row) => sum + of(row).reduce((a, b) => a + b, 0), 0);
  const accepted = ({ acceptedW }: SettlementRow): readonly number[] => acceptedW;
  const delivered = ({ deliveredW }: SettlementRow): readonly number[] => deliveredW;
  const ofReactive = {
    acceptedVarMtu: total(accepted, reactive),
    deliveredVarMtu: total(delivered, reactive),
  };
  return {
    type: 'SettlementPublished',
    data: {
      sessionId,
      correction,
      rows: rows.length,
      unmeasuredMtus: total((row) => row.measuredW.map((w) => (w === null ? 1 : 0)), rows),
      acceptedWMtu: total(accepted, active),
      deliveredWMtu: total(delivered, active),
      ...(reactive.length > 0 ? ofReactive : {}),
      netMicroEur: netMicroEur(rows),
      ...(rowsRoot === undefined ? {} : { rowsRoot }),
    },
  };
}

function unknownSettlement(sessionId: string, correction: number): DomainError {
  return new DomainError(
    'settlement-unknown',
    `Session ${sessionId} has no complete settlement ${correction}; record it first.`,
  );
}

function evolve(state: SettlementState, event: SettlementEvent): SettlementState {
  const { correction } = event.data;
  const current = state.settlements[correction] ?? {
    correction,
    complete: false,
    rows: [],
    rowsRoot: undefined,
    begun: undefined,
    awarded: false,
    published: false,
    disputedBy: [],
  };
  const withChange = (change: Partial<Settlement>): SettlementState => {
    const settlements = [...state.settlements];
    settlements[correction] = { ...current, ...change };
    return { settlements };
  };
  switch (event.type) {
    case 'SettlementComputed': {
      const { part, rows, rowsRoot } = event.data;
      const begun = gatherPart(current.begun ?? [], part, rows);
      return isLastPart(part)
        ? withChange({ complete: true, rows: begun.flat(), rowsRoot, begun: undefined })
        : withChange({ complete: false, rows: [], begun });
    }
    case 'TokensAwarded':
      return withChange({ awarded: true });
    case 'SettlementPublished':
      return withChange({ published: true });
    case 'SettlementDisputed':
      return withChange({ disputedBy: [...current.disputedBy, event.data.aggregatorId] });
    default:
      return state;
  }
}
