import { createHash } from 'node:crypto';
import type { ClearingInstance, ClearingOffer, MtuSeries } from '@flexledger/domain';
import { canonicalJson } from '@flexledger/identity';

/**
 * SHA-256, hex, of a clearing problem's canonical JSON (RFC 8785), `podLimits` as an object. It is
 * hashed piece by piece: the text of a large session is longer than a string can be.
 */
export function problemDigest(instance: ClearingInstance): string {
  const { mtus, offers, podLimits, requests } = instance;
  const hash = createHash('sha256');
  const list = <Item>(items: readonly Item[], textOf: (item: Item) => string): void => {
    items.forEach((item, index) => hash.update((index === 0 ? '' : ',') + textOf(item)));
  };
  hash.update(`{"mtus":${canonicalJson(mtus)},"offers":[`);
  list(offers, offerJson);
  hash.update('],"podLimits":{');
  const pods = [...podLimits.keys()].sort();
  list(pods, (pod) => `${canonicalJson(pod)}:${canonicalJson(podLimits.get(pod))}`);
  hash.update('},"requests":[');
  list(requests, canonicalJson);
  hash.update(']}');
  return hash.digest('hex');
}

/** Canonical JSON by the engine's own writer: members are listed in the order RFC 8785 sorts them. */
function offerJson(offer: ClearingOffer): string {
  const { aggregator, direction, divisible, id, kind, minQuantityW, pod, pom, product } = offer;
  const { reliability } = offer;
  if (offer.kind === 'block') {
    const { durationMtus, energyLimitWh, priceMicroEurPerKwh, quantityW, window } = offer;
    return JSON.stringify({
      ...{ aggregator, direction, divisible, durationMtus, energyLimitWh, id, kind, minQuantityW },
      ...{ pod, pom, priceMicroEurPerKwh, product, quantityW, reliability, window },
    });
  }
  return JSON.stringify({
    aggregator,
    direction,
    divisible,
    id,
    kind,
    minQuantityW,
    pod,
    pom,
    priceMicroEurPerKwh: plain(offer.priceMicroEurPerKwh),
    product,
    quantityW: plain(offer.quantityW),
    reliability,
  });
}

function plain(series: MtuSeries): readonly number[] {
  return Array.from(series);
}
