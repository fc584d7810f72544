/** Why an offer won or lost, in sentences. */
import type { Schemas } from '@flexledger/api-client';
import { centsPerKwh, kW } from '../parts/words';
import type { OfferRow } from './session-rows';

export interface Why {
  /** `Lost: dearer than what was accepted.` */
  readonly verdict: string;
  readonly sentences: readonly string[];
}

/** Of one quarter-hour, out of what the last clearing round that knew the offer says. */
export function whyOf(row: OfferRow, why: Schemas['OfferWhy'], mtu: number): Why {
  const found = why.rounds
    .map(({ mtus }) => mtus.find((one) => one.mtu === mtu))
    .filter((one) => one !== undefined);
  const last = found.at(-1);
  if (!last) return { verdict: 'No clearing round knew this offer.', sentences: [] };
  const priced = `It offered ${kW(last.offeredW)} kW at ${centsPerKwh(row.priceMicroEurPerKwh)} ct/kWh`;
  const compared =
    last.lastAcceptedPriceMicroEurPerKwh === null
      ? `${priced}; nothing was accepted that it could have served.`
      : `${priced}; the dearest accepted one was at ${centsPerKwh(last.lastAcceptedPriceMicroEurPerKwh)} ct/kWh.`;
  const cleared = Math.max(...found.map(({ acceptedW }) => acceptedW));
  const permittedW = last.permittedW ?? cleared;
  const isCut = permittedW < cleared;
  const grid = isCut
    ? [
        `The market accepted ${kW(cleared)} kW; the DSO permitted ${kW(permittedW)} kW` +
          (last.violatedElement === null
            ? '.'
            : `, because ${last.violatedElement} would pass its limit.`),
      ]
    : [];
  const verdict = verdictOf(row, isCut, last.because);
  return { verdict, sentences: [compared, ...grid] };
}

function verdictOf(row: OfferRow, isCut: boolean, because: string): string {
  if (row.acceptedW >= row.offeredW) return `Won: ${because}.`;
  if (isCut)
    return row.acceptedW > 0
      ? 'Won in part: the grid permitted less.'
      : 'Lost: refused by the grid.';
  return `${row.acceptedW > 0 ? 'Won in part' : 'Lost'}: ${because}.`;
}
