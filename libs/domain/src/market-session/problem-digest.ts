import type { ClearingInstance, ClearingOffer, MtuSeries } from '../clearing/instance';
import { canonicalJson } from '../log/canonical-json';
import { type Sha256, sha256HexOfPieces } from '../log/sha256';

/** SHA-256, hex, of a clearing problem's canonical JSON (RFC 8785), `podLimits` as an object. */
export function problemDigest(sha256: Sha256, instance: ClearingInstance): string {
  return sha256HexOfPieces(sha256, problemPieces(instance));
}

/** The text that the digest is of, in pieces: that of a large session is longer than a string can be. */
export function* problemPieces(instance: ClearingInstance): Generator<string> {
  const { mtus, offers, podLimits, requests } = instance;
  yield `{"mtus":${canonicalJson(mtus)},"offers":[`;
  yield* listed(offers, offerJson);
  yield '],"podLimits":{';
  const pods = [...podLimits.keys()].sort();
  yield* listed(pods, (pod) => `${canonicalJson(pod)}:${canonicalJson(podLimits.get(pod))}`);
  yield '},"requests":[';
  yield* listed(requests, canonicalJson);
  yield ']}';
}

function* listed<Item>(items: readonly Item[], textOf: (item: Item) => string): Generator<string> {
  for (const [index, item] of items.entries()) yield (index === 0 ? '' : ',') + textOf(item);
}

/** Canonical JSON by the engine's own writer: members are listed in the order RFC 8785 sorts them. */
function offerJson(offer: ClearingOffer): string {
  const { aggregator, direction, divisible, id, kind, minQuantityW, pod, pom, product } = offer;
  const { reliability } = offer;
  if (offer.kind === 'block') {
    const { durationMtus, energyLimitWh, priceMicroEurPerKwh, quantityW, window } = offer;
    return JSON.stringify({
      aggregator,
      direction,
      divisible,
      durationMtus,
      energyLimitWh,
      id,
      kind,
      minQuantityW,
      pod,
      pom,
      priceMicroEurPerKwh,
      product,
      quantityW,
      reliability,
      window,
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

/**
 * As a list that grows: `Array.from` costs more than what is then written of it, and a list made
 * with its length is one that may have holes, which `JSON.stringify` writes at half the speed.
 */
function plain(series: MtuSeries): readonly number[] {
  const list: number[] = [];
  for (let at = 0; at < series.length; at += 1) list[at] = series[at]!;
  return list;
}
