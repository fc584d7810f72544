import { parseClearingInstance, type ClearingInstance, type ClearingRequest } from '../instance';

/**
 * Short-hand for instances of a few lines in tests: PoDs A to D under POM0, E and F under POM1, each
 * with 1,000 W either way unless said otherwise; one MTU unless the quantities have more.
 */
type OfferLine = Readonly<Record<string, unknown>> & { readonly pod: string };
type RequestLine = Partial<ClearingRequest> & { quantityW: readonly number[] };

const POM_OF_POD: Readonly<Record<string, string>> = {
  A: 'POM0',
  B: 'POM0',
  C: 'POM0',
  D: 'POM0',
  E: 'POM1',
  F: 'POM1',
};

/** The JSON document; what a line leaves out is an up offer or request of product P. */
export function smallDocument(
  requests: readonly RequestLine[],
  offers: readonly OfferLine[],
  limits: Readonly<Record<string, object>> = {},
): Record<string, unknown> {
  const allLimits = Object.keys(POM_OF_POD).map((pod) => [pod, { upW: 1000, downW: 1000 }]);
  return {
    mtus: requests[0]?.quantityW.length ?? 1,
    podLimits: { ...Object.fromEntries(allLimits), ...limits },
    requests: requests.map((request, index) => ({
      id: `R${index}`,
      requester: 'DSO',
      product: 'P',
      direction: 'up',
      ...(request.pods === undefined && request.pom === undefined ? { pom: 'POM0' } : {}),
      priceCapMicroEurPerKwh: null,
      ...request,
    })),
    offers: offers.map((offer, index) => ({
      id: `O${index}`,
      pom: POM_OF_POD[offer.pod],
      aggregator: 'AGG0',
      product: 'P',
      direction: 'up',
      kind: 'single',
      divisible: true,
      ...offer,
    })),
  };
}

/** The parsed instance. */
export function smallInstance(...lines: Parameters<typeof smallDocument>): ClearingInstance {
  return parseClearingInstance(smallDocument(...lines));
}
