/** Validated outcomes in the names and units of the seeds (D2.4, figure 6). */
import type { OutcomeRow, RowValidation } from '@flexledger/domain';
import {
  type PlatoneSession,
  euro,
  ofProduct,
  offeredServiceId,
  signedKilo,
} from './platone-units';

/** Whether the DSO permitted all of a row, part of it, or nothing. */
type AcceptedType = 'OK' | 'partial' | 'KO';

/** One row of figure 6. P and Q are rows of their own: of the other, every field is null. */
export interface PlatoneOutcomeRow {
  /** Of the quarter-hour within its session, from 0. */
  readonly index: number;
  /** kW and kvar after the DSO's word, upwards positive. */
  readonly acceptedPValue: number | null;
  readonly acceptedQValue: number | null;
  /** EUR/kWh, EUR/kvarh. */
  readonly acceptedPPrice: number | null;
  readonly acceptedQPrice: number | null;
  readonly acceptedPType: AcceptedType | null;
  /** The element that stood against it, `no-answer` where the DSO said nothing in time. */
  readonly rejectionTypeP: string | null;
  readonly rejectionTypeQ: string | null;
  readonly playerServiceId: string;
  /** DSO or TSO. */
  readonly playerRequestId: string;
  /** The aggregator. */
  readonly playerOfferId: string;
}

/** An accepted row, and what the DSO said against it. */
export interface ValidatedRow {
  readonly row: OutcomeRow;
  readonly exception?: RowValidation;
}

/** The rows of figure 6 of one accepted row, a quarter-hour each in which something was accepted. */
export function platoneOutcomeRows(
  { row, exception }: ValidatedRow,
  session: PlatoneSession,
): PlatoneOutcomeRow[] {
  const { product, direction, firstMtu, requester, aggregatorId } = row;
  const rejection = ofProduct(product, exception?.violatedElement ?? null);
  return row.acceptedW.flatMap((acceptedW, at) => {
    if (acceptedW === 0) return [];
    const permittedW = exception ? Math.min(acceptedW, exception.permittedW[at] ?? 0) : acceptedW;
    const value = ofProduct(product, signedKilo(permittedW, direction));
    const price = ofProduct(product, euro(row.priceMicroEurPerKwh[at]!));
    return [
      {
        index: firstMtu + at,
        acceptedPValue: value.p,
        acceptedQValue: value.q,
        acceptedPPrice: price.p,
        acceptedQPrice: price.q,
        acceptedPType: ofProduct<AcceptedType>(product, exception?.status ?? 'OK').p,
        rejectionTypeP: rejection.p,
        rejectionTypeQ: rejection.q,
        playerServiceId: offeredServiceId(row, session),
        playerRequestId: requester,
        playerOfferId: aggregatorId,
      },
    ];
  });
}
