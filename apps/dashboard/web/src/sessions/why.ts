/** Why an offer won or lost, in sentences. */
import { t } from '../language/texts';
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
  if (!last) return { verdict: t('No clearing round knew this offer.'), sentences: [] };
  const priced = t('It offered {kW} kW at {centsPerKwh} ct/kWh', {
    kW: kW(last.offeredW),
    centsPerKwh: centsPerKwh(row.priceMicroEurPerKwh),
  });
  const compared =
    last.lastAcceptedPriceMicroEurPerKwh === null
      ? t('{priced}; nothing was accepted that it could have served.', { priced })
      : t('{priced}; the dearest accepted one was at {centsPerKwh} ct/kWh.', {
          priced,
          centsPerKwh: centsPerKwh(last.lastAcceptedPriceMicroEurPerKwh),
        });
  const cleared = Math.max(...found.map(({ acceptedW }) => acceptedW));
  const permittedW = last.permittedW ?? cleared;
  const isCut = permittedW < cleared;
  const grid = isCut
    ? [
        t('The market accepted {kW} kW; the DSO permitted {kW2} kW', {
          kW: kW(cleared),
          kW2: kW(permittedW),
        }) +
          (last.violatedElement === null
            ? '.'
            : t(', because {violatedElement} would pass its limit.', {
                violatedElement: last.violatedElement,
              })),
      ]
    : [];
  const verdict = verdictOf(row, isCut, last.because);
  return { verdict, sentences: [compared, ...grid] };
}

function verdictOf(row: OfferRow, isCut: boolean, because: string): string {
  if (row.acceptedW >= row.offeredW) return t('Won: {because}.', { because });
  if (isCut)
    return row.acceptedW > 0
      ? t('Won in part: the grid permitted less.')
      : t('Lost: refused by the grid.');
  return `${row.acceptedW > 0 ? t('Won in part') : t('Lost')}: ${because}.`;
}
