/** Datasets of what the market sold: as each round cleared it, after the DSO's word, as published. */
import type { OutcomeRow } from '@flexledger/domain';
import { findOutcomes, getSession, outcomesView, sessionsView } from '@flexledger/projections';
import { type ClearedRow, clearedRows } from './cleared-rows';
import {
  type ColumnType,
  type Dataset,
  type Row,
  inUnits,
  mtuStart,
  ofSessions,
  sessionLookup,
  unitColumns,
} from './dataset';

const ROUND_COLUMNS = { sessionId: 'text', round: 'integer', index: 'integer' } as const;
const ROW_COLUMNS = {
  offerId: 'text',
  requestId: 'text',
  podId: 'text',
  aggregatorId: 'text',
  requester: 'text',
  product: 'text',
  direction: 'text',
  mtu: 'integer',
  mtuStart: 'timestamp',
} as const satisfies Record<string, ColumnType>;

export const outcomesDataset: Dataset = {
  name: 'outcomes',
  about: 'what each clearing round accepted, before validation, one row an offer, request and MTU',
  columns: {
    ...ROUND_COLUMNS,
    ...ROW_COLUMNS,
    ...unitColumns('accepted'),
    priceMicroEurPerKwh: 'integer',
  },
  views: [sessionsView],
  narrows: true,
  async *rows(source) {
    const sessionOf = sessionLookup((id) => getSession(source.documents, id));
    for await (const { sessionId, round, index, row } of clearedRows(source)) {
      for (const { at, fields } of soldMtus(row, await sessionOf(sessionId))) {
        yield {
          sessionId,
          round,
          index,
          ...fields,
          ...inUnits(row.product, { accepted: row.acceptedW[at]! }),
          priceMicroEurPerKwh: row.priceMicroEurPerKwh[at]!,
        };
      }
    }
  },
};

export const validatedOutcomesDataset: Dataset = {
  name: 'validated-outcomes',
  about: 'outcomes with what the DSO permitted of each, and why not all of it',
  columns: {
    ...ROUND_COLUMNS,
    ...ROW_COLUMNS,
    ...unitColumns('accepted', 'permitted'),
    priceMicroEurPerKwh: 'integer',
    status: 'text',
    violatedElement: 'text',
    validatedBy: 'text',
  },
  views: [sessionsView],
  narrows: true,
  async *rows(source) {
    const sessionOf = sessionLookup((id) => getSession(source.documents, id));
    for await (const cleared of clearedRows(source)) {
      const { sessionId, round, index, row, answer } = cleared;
      if (!answer) continue;
      const { validatedBy, exception } = answer;
      for (const { at, fields } of soldMtus(row, await sessionOf(sessionId))) {
        yield {
          sessionId,
          round,
          index,
          ...fields,
          ...inUnits(row.product, {
            accepted: row.acceptedW[at]!,
            permitted: permittedIn(cleared, at),
          }),
          priceMicroEurPerKwh: row.priceMicroEurPerKwh[at]!,
          status: exception?.status ?? 'OK',
          violatedElement: exception?.violatedElement ?? null,
          validatedBy,
        };
      }
    }
  },
};

export const resultsDataset: Dataset = {
  name: 'results',
  about: 'published results, one row an offer, request and MTU',
  columns: {
    sessionId: 'text',
    ...ROW_COLUMNS,
    ...unitColumns('accepted'),
    priceMicroEurPerKwh: 'integer',
  },
  views: [outcomesView, sessionsView],
  narrows: true,
  async *rows(source) {
    const { documents } = source;
    const sessionOf = sessionLookup((id) => getSession(documents, id));
    const find = ofSessions(source, (where, page) => findOutcomes(documents, where, page));
    for await (const row of find) {
      const { sessionId } = row;
      for (const { at, fields } of soldMtus(row, await sessionOf(sessionId))) {
        yield {
          sessionId,
          ...fields,
          ...inUnits(row.product, { accepted: row.acceptedW[at]! }),
          priceMicroEurPerKwh: row.priceMicroEurPerKwh[at]!,
        };
      }
    }
  },
};

/** MTUs of a row in which something was accepted, with the columns that name them. */
function* soldMtus(
  { offerId, requestId, podId, aggregatorId, requester, product, direction, ...row }: OutcomeRow,
  { deliveryStart }: { readonly deliveryStart: string },
): Generator<{ readonly at: number; readonly fields: Row }> {
  for (const [at, accepted] of row.acceptedW.entries()) {
    if (accepted === 0) continue;
    const mtu = row.firstMtu + at;
    const named = { offerId, requestId, podId, aggregatorId, requester, product, direction };
    yield { at, fields: { ...named, mtu, mtuStart: mtuStart(deliveryStart, mtu) } };
  }
}

/** As `permittedRows` of the domain has it, for one MTU. */
function permittedIn({ row, answer }: ClearedRow, at: number): number {
  const accepted = row.acceptedW[at]!;
  const { exception } = answer!;
  return exception ? Math.min(accepted, exception.permittedW[at] ?? 0) : accepted;
}
